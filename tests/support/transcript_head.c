#include "transcript_parse.h"

#include <string.h>

int transcript_choose(parser *p, const choice *choices, const char *word) {
  for (; choices->word != NULL; choices++) {
    if (strcmp(choices->word, word) == 0) {
      return choices->value;
    }
  }
  transcript_fail(p, "not one of the values of this key", word);
}

static const choice settings[] = {{"no", SHAKO_TLS_SETTING_NO},
                                  {"preferred", SHAKO_TLS_SETTING_PREFERRED},
                                  {"required", SHAKO_TLS_SETTING_REQUIRED},
                                  {NULL, 0}};
static const choice early[] = {{"refuse", 0}, {"allow", 1}, {NULL, 0}};
static const choice yes_no[] = {{"no", 0}, {"yes", 1}, {NULL, 0}};
static const choice auths[] = {{"off", SHAKO_AUTH_SETTING_OFF},
                               {"preferred", SHAKO_AUTH_SETTING_PREFERRED},
                               {"required", SHAKO_AUTH_SETTING_REQUIRED},
                               {NULL, 0}};
static const choice offers[] = {{"CHUNKING", SHAKO_OFFER_CHUNKING},
                                {"BINARYMIME", SHAKO_OFFER_BINARYMIME},
                                {"SMTPUTF8", SHAKO_OFFER_SMTPUTF8},
                                {"DSN", SHAKO_OFFER_DSN},
                                {"REQUIRETLS", SHAKO_OFFER_REQUIRETLS},
                                {"LIMITS", SHAKO_OFFER_LIMITS},
                                {NULL, 0}};
static const choice sides[] = {{"clear", 0}, {"tls", 1}, {NULL, 0}};
static const choice engines[] = {{"fake", TRANSCRIPT_ENGINE_FAKE},
                                 {"none", TRANSCRIPT_ENGINE_NONE},
                                 {"external", TRANSCRIPT_ENGINE_EXTERNAL},
                                 {NULL, 0}};
static const choice providers[] = {
    {"ok", 0}, {"none", 1}, {"wait", 2}, {"late", 3}, {NULL, 0}};
static const choice statuses[] = {{"ok", SHAKO_PROVIDER_OK},
                                  {"none", SHAKO_PROVIDER_NONE},
                                  {"wait", SHAKO_PROVIDER_WAIT},
                                  {NULL, 0}};
static const choice states[] = {{"none", SHAKO_NAME_NONE},
                                {"temporary", SHAKO_NAME_TEMPORARY},
                                {"mismatch", SHAKO_NAME_MISMATCH},
                                {NULL, 0}};
static const choice flights[] = {{"1", 0}, {"2", 1}, {NULL, 0}};
static const choice failures[] = {{"init", 0}, {"certificate", 1}, {NULL, 0}};
static const choice clients[] = {
    {"good", 0},
    {"absent", SHAKO_CLIENT_FAULT_ABSENT},
    {"untrusted", SHAKO_CLIENT_FAULT_UNTRUSTED},
    {"expired", SHAKO_CLIENT_FAULT_EXPIRED},
    {"for-servers", SHAKO_CLIENT_FAULT_PURPOSE},
    {"revoked", SHAKO_CLIENT_FAULT_REVOKED | SHAKO_CLIENT_FAULT_UNTRUSTED},
    {NULL, 0}};
const choice transcript_versions[] = {
    {"1.2", 0x0303}, {"1.3", 0x0304}, {NULL, 0}};
static const choice accesses[] = {{"accept", SHAKO_ACCESS_ACCEPT},
                                  {"relay", SHAKO_ACCESS_RELAY},
                                  {"reject", SHAKO_ACCESS_REJECT},
                                  {"tcprefuse", SHAKO_ACCESS_TCPREFUSE},
                                  {NULL, 0}};

static void read_script(parser *p, fake_script *script, const char *words) {
  char word[8];
  memset(script, 0, sizeof(*script));
  while (transcript_word(&words, word, sizeof(word))) {
    fake_script_add(
        script, (shako_provider_status)transcript_choose(p, statuses, word));
  }
}

static void read_provider(parser *p, const char *word) {
  static const char *const scripts[] = {"ok", "none", "wait ok", "none ok"};
  read_script(p, &p->script->head.ready,
              scripts[transcript_choose(p, providers, word)]);
}

/* Numbers of the policy and where they are. */
static bool read_limit(parser *p, const char *key, const char *value) {
  shako_policy *policy = &p->script->head.policy;
  const struct {
    const char *key;
    uint32_t *to;
  } limits[] = {{"max_recipients", &policy->max_recipients},
                {"max_messages", &policy->max_messages},
                {"max_errors", &policy->max_errors},
                {"max_auth_failures", &policy->max_auth_failures},
                {"max_commands", &policy->max_commands},
                {"max_chunks", &policy->max_chunks},
                {"data_timeout", &policy->data_timeout},
                {"min_data_rate", &policy->min_data_rate},
                {"idle_timeout", &policy->idle_timeout},
                {"handshake_timeout", &policy->handshake_timeout},
                {"session_timeout", &policy->session_timeout},
                {"answer_timeout", &policy->answer_timeout}};
  for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
    if (strcmp(limits[i].key, key) == 0) {
      *limits[i].to = (uint32_t)transcript_number(p, value);
      return true;
    }
  }
  if (strcmp(key, "max_message_size") == 0) {
    policy->max_message_size = transcript_number(p, value);
    return true;
  }
  return false;
}

static bool read_policy(parser *p, const char *key, const char *value) {
  shako_policy *policy = &p->script->head.policy;
  if (strcmp(key, "tls") == 0) {
    policy->tls = (shako_tls_setting)transcript_choose(p, settings, value);
  } else if (strcmp(key, "access") == 0) {
    policy->access = (shako_access)transcript_choose(p, accesses, value);
  } else if (strcmp(key, "pipelining_early") == 0) {
    policy->pipelining_early = (uint8_t)transcript_choose(p, early, value);
  } else if (strcmp(key, "auth") == 0) {
    policy->auth = (shako_auth_setting)transcript_choose(p, auths, value);
  } else if (strcmp(key, "auth_in_clear") == 0) {
    policy->auth_in_clear = (uint8_t)transcript_choose(p, yes_no, value);
  } else if (strcmp(key, "tls_min_version") == 0) {
    policy->tls_min_version =
        (uint16_t)transcript_choose(p, transcript_versions, value);
  } else {
    return read_limit(p, key, value);
  }
  return true;
}

static void read_name(parser *p, const char *value, shako_peer *peer) {
  if (strchr(value, '.') == NULL) {
    peer->name_state = (uint8_t)transcript_choose(p, states, value);
    return;
  }
  peer->name_state = SHAKO_NAME_VERIFIED;
  peer->name.len = strlen(value);
  peer->name.ptr =
      (uint8_t *)transcript_keep_text(p->script, value, peer->name.len);
}

static void read_score(parser *p, const char *value, shako_peer *peer) {
  bool minus = value[0] == '-';
  if (strcmp(value, "none") == 0) {
    peer->score_state = SHAKO_SCORE_NONE;
    return;
  }
  peer->score_state = SHAKO_SCORE_KNOWN;
  peer->score = (int16_t)transcript_number(p, value + minus);
  if (minus) {
    peer->score = (int16_t)-peer->score;
  }
}

void transcript_facts(parser *p, const char *text, shako_peer *peer) {
  char word[300];
  while (transcript_word(&text, word, sizeof(word))) {
    if (transcript_begins(word, "name=")) {
      read_name(p, word + 5, peer);
    } else if (transcript_begins(word, "score=")) {
      read_score(p, word + 6, peer);
    } else if (transcript_begins(word, "owner=")) {
      peer->owner = (uint32_t)transcript_number(p, word + 6);
    } else if (transcript_begins(word, "lists=")) {
      peer->lists_hold = transcript_number(p, word + 6);
    } else {
      transcript_fail(p, "no fact", word);
    }
  }
}

/* ADDRESS and facts; "unix" is a peer without an address. */
static void read_peer(parser *p, const char *value, shako_peer *peer) {
  char word[64] = "";
  transcript_word(&value, word, sizeof(word));
  shako_span text = {(const uint8_t *)word, strlen(word)};
  if (strcmp(word, "unix") == 0) {
    memset(&peer->address, 0, sizeof(peer->address));
  } else if (shako_address_parse(&peer->address, text) != 0) {
    transcript_fail(p, "no address", word);
  }
  transcript_facts(p, value, peer);
}

static void read_map(parser *p, const char *value) {
  transcript_head *head = &p->script->head;
  char word[300] = "";
  if (head->map_rows == 4 || !transcript_word(&value, word, sizeof(word))) {
    transcript_fail(p, "no row of a domain map", value);
  }
  head->map[head->map_rows++] = (shako_domain_map_row){
      transcript_keep_text(p->script, word, strlen(word)),
      transcript_keep_text(p->script, value, strlen(value))};
}

/* What is offered, word for word; |keywords| may hold \\n. */
static bool read_offers(parser *p, const char *key, const char *value) {
  shako_listener_config *to = &p->script->head.offers;
  const struct {
    const char *key;
    const char **to;
  } texts[] = {{"auth_mechanisms", &to->auth_mechanisms},
               {"commands", &to->commands},
               {"keywords", &to->keywords},
               {"mail_params", &to->mail_params},
               {"rcpt_params", &to->rcpt_params},
               {"proxies", &to->proxies}};
  octets text = {0};
  char word[32];
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    if (strcmp(texts[i].key, key) == 0) {
      transcript_unescape(p, value, strlen(value), &text);
      *texts[i].to = transcript_keep_text(p->script, octets_text(&text),
                                          strlen(octets_text(&text)));
      octets_free(&text);
      return true;
    }
  }
  if (strcmp(key, "offers") == 0) {
    while (transcript_word(&value, word, sizeof(word))) {
      to->offers |= (unsigned)transcript_choose(p, offers, word);
    }
  } else if (strcmp(key, "lmtp") == 0) {
    to->lmtp = (uint8_t)transcript_choose(p, yes_no, value);
  } else if (strcmp(key, "delayed_rejection") == 0) {
    to->delayed_rejection = (uint8_t)transcript_choose(p, yes_no, value);
  } else {
    return false;
  }
  return true;
}

static bool read_listener(parser *p, const char *key, const char *value) {
  transcript_head *head = &p->script->head;
  if (strcmp(key, "hat") == 0) {
    transcript_unescape(p, value, strlen(value), &head->hat);
    octets_add_text(&head->hat, "\n");
  } else if (strcmp(key, "peer") == 0) {
    read_peer(p, value, &head->peer);
  } else if (strcmp(key, "default_domain") == 0) {
    head->default_domain =
        transcript_keep_text(p->script, value, strlen(value));
  } else if (strcmp(key, "domain_map") == 0) {
    read_map(p, value);
  } else {
    return false;
  }
  return true;
}

static bool read_engine(parser *p, const char *key, const char *value) {
  transcript_head *head = &p->script->head;
  if (strcmp(key, "engine") == 0) {
    head->engine = (transcript_engine)transcript_choose(p, engines, value);
  } else if (strcmp(key, "provider") == 0) {
    read_provider(p, value);
  } else if (strcmp(key, "ready") == 0) {
    read_script(p, &head->ready, value);
  } else if (strcmp(key, "select") == 0) {
    read_script(p, &head->select, value);
  } else if (strcmp(key, "flights") == 0) {
    head->context.two_flights = (uint8_t)transcript_choose(p, flights, value);
  } else if (strcmp(key, "tls_version") == 0) {
    head->context.version =
        (uint16_t)transcript_choose(p, transcript_versions, value);
  } else if (strcmp(key, "client") == 0) {
    head->context.client_faults =
        (uint32_t)transcript_choose(p, clients, value);
  } else if (strcmp(key, "engine_fails") == 0) {
    bool certificate = transcript_choose(p, failures, value);
    head->context.fail_init = !certificate;
    head->context.fail_set_certificate = certificate;
  } else {
    return false;
  }
  return true;
}

static bool read_key(parser *p, const char *key, const char *value) {
  transcript_head *head = &p->script->head;
  if (strcmp(key, "implicit") == 0) {
    head->implicit_tls = transcript_choose(p, yes_no, value);
  } else if (strcmp(key, "timing") == 0) {
    head->timing = transcript_choose(p, yes_no, value);
  } else if (strcmp(key, "only") == 0) {
    head->only_tls = transcript_choose(p, sides, value);
    head->only_clear = !head->only_tls;
  } else if (strcmp(key, "hostname") == 0) {
    head->hostname = transcript_keep_text(p->script, value, strlen(value));
  } else if (strcmp(key, "recv_buffer_size") == 0) {
    head->recv_buffer_size = transcript_number(p, value);
  } else {
    return read_policy(p, key, value) || read_engine(p, key, value) ||
           read_listener(p, key, value) || read_offers(p, key, value);
  }
  return true;
}

/* Returns the number of lines that the head takes. */
size_t transcript_read_head(parser *p) {
  static const char lower[] = "abcdefghijklmnopqrstuvwxyz_";
  size_t at = 0;
  for (; at < p->count; at++) {
    const char *text = p->lines[at].text;
    size_t len = strspn(text, lower);
    char key[32];
    if (len == 0 || len >= sizeof(key) || text[len] != ':' ||
        strncmp(text, "outcome:", 8) == 0) {
      break;
    }
    memcpy(key, text, len);
    key[len] = 0;
    p->number = p->lines[at].number;
    const char *value = text + len + 1;
    if (!read_key(p, key, value + (*value == ' '))) {
      transcript_fail(p, "unknown key", key);
    }
  }
  return at;
}
