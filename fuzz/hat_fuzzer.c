/* The first line is a peer, "ADDRESS NAME NUMBER", whose number says what its
   facts are; the rest is a Host Access Table.  What reads in is written, reads
   in again as the same, and decides for the peer, whenever it is told what. */

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <shako/hat.h>

#include "base/ascii.h"
#include "check.h"

#define TEXT_MAX 8192

/* Returns the table that |text| is, or NULL where it is none. */
static shako_hat *read_table(shako_span text) {
  shako_place place = {0, 0, NULL};
  shako_hat *hat = NULL;
  int error = shako_hat_read(&hat, text, NULL, NULL, &place);

  if (error == 0) {
    CHECK(hat != NULL && place.what == NULL);
    return hat;
  }
  CHECK(error == SHAKO_ERR_SYNTAX && hat == NULL);
  CHECK(place.what != NULL && *place.what != '\0');
  CHECK(place.line >= 1 && place.line <= text.len + 1);
  CHECK(place.column >= 1 && place.column <= text.len + 1);
  return NULL;
}

/* Returns |hat| in writing, which the caller frees. */
static char *write_table(const shako_hat *hat) {
  size_t len = shako_hat_write(hat, NULL, 0);
  char *text = malloc(len + 1);

  CHECK(text != NULL && shako_hat_write(hat, text, len + 1) == len);
  CHECK(strlen(text) == len);
  return text;
}

static bool is_same(const char *a, const char *b) {
  return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool is_same_policy(const shako_policy *a, const shako_policy *b) {
  shako_policy other = *b;

  if (!is_same(a->name, b->name) || !is_same(a->banner_text, b->banner_text) ||
      !is_same(a->reject_text, b->reject_text) ||
      !is_same(a->hostname, b->hostname) ||
      !is_same(a->client_fingerprints, b->client_fingerprints) ||
      !a->tls_mandatory_senders != !b->tls_mandatory_senders) {
    return false;
  }
  other.name = a->name;
  other.banner_text = a->banner_text;
  other.reject_text = a->reject_text;
  other.hostname = a->hostname;
  other.client_fingerprints = a->client_fingerprints;
  other.tls_mandatory_senders = a->tls_mandatory_senders;
  return memcmp(a, &other, sizeof(other)) == 0;
}

static void check_groups(const shako_hat *a, const shako_hat *b) {
  shako_hat_group x;
  shako_hat_group y;
  size_t i;

  for (i = 0; shako_hat_group_at(a, i, &x) == 0; i++) {
    CHECK(shako_hat_group_at(b, i, &y) == 0);
    CHECK(is_same(x.name, y.name) && is_same(x.comment, y.comment));
    CHECK(is_same_policy(x.policy, y.policy) && x.members == y.members);
    CHECK(x.name != NULL || x.members == 1);
  }
  CHECK(shako_hat_group_at(b, i, &y) != 0);
}

static bool is_in_word(uint8_t c) {
  return c > ' ';
}

static shako_span cut_word(shako_span *line) {
  shako_span word = shako__cut_class(line, is_in_word);

  shako__cut(line, ' ');
  return word;
}

/* A peer, and what is true of it. */
typedef struct subject {
  shako_peer peer;
  shako_span name;
  uint64_t number;
} subject;

static void read_subject(subject *s, shako_span line) {
  shako_peer_default(&s->peer);
  if (shako_address_parse(&s->peer.address, cut_word(&line)) != 0) {
    s->peer.address.known = 0;
  }
  s->name = cut_word(&line);
  if (!shako__number(line, &s->number)) {
    s->number = 0;
  }
}

/* Tells what |need| and |lists| ask for. */
static void inform(subject *s, unsigned need, uint64_t lists) {
  shako_peer *peer = &s->peer;
  uint64_t n = s->number;

  if (need & SHAKO_NEED_NAME) {
    peer->name_state = (uint8_t)(SHAKO_NAME_VERIFIED + n % 4);
    peer->name = s->name;
  }
  if (need & SHAKO_NEED_SCORE) {
    peer->score_state = n % 3 == 2 ? SHAKO_SCORE_NONE : SHAKO_SCORE_KNOWN;
    peer->score = (int16_t)((int)(n % 201) - 100);
  }
  if (need & SHAKO_NEED_OWNER) {
    peer->owner_asked = 1;
    peer->owner = (uint32_t)(n % 5);
  }
  if (need & SHAKO_NEED_LISTS) {
    peer->lists_asked |= lists;
    peer->lists_hold |= lists & n;
  }
}

static void check_match(const shako_hat *hat, const subject *s,
                        const shako_hat_match *match) {
  CHECK((match->policy != NULL) == (match->need == 0));
  CHECK((match->lists != 0) == ((match->need & SHAKO_NEED_LISTS) != 0));
  CHECK((match->lists & s->peer.lists_asked) == 0);
  if (match->need != 0) {
    CHECK(s->peer.address.known);
    return;
  }
  CHECK(match->policy->access != SHAKO_ACCESS_CONTINUE);
  CHECK((match->rule != NULL) == (match->line > 0));
  CHECK(match->rule != NULL || match->policy == shako_hat_defaults(hat));
  CHECK(match->group == NULL || match->rule != NULL);
}

/* Finds what decides, and tells what it takes. */
static void find(const shako_hat *hat, subject *s, shako_hat_match *match) {
  shako_hat_find(hat, &s->peer, match);
  check_match(hat, s, match);
  if (match->need != 0) {
    inform(s, match->need, match->lists);
    shako_hat_find(hat, &s->peer, match);
    check_match(hat, s, match);
    CHECK(match->need == 0);
  }
}

static void check_explained(const shako_hat *hat, const subject *s,
                            const shako_hat_match *match) {
  shako_hat_explanation *explanation;
  char text[256];

  CHECK(shako_hat_explain(&explanation, hat, &s->peer, s->name) == 0);
  CHECK(explanation->match.policy == match->policy);
  CHECK(explanation->match.rule == match->rule);
  shako_hat_explanation_text(explanation, text, sizeof(text));
  shako_hat_explanation_free(explanation);
}

static void check_lint(const shako_hat *hat, unsigned number) {
  const shako_hat_surroundings around = {.struct_size = sizeof(around),
                                         .is_public = number & 1,
                                         .has_tls = number >> 1 & 1};
  shako_hat_warnings *warnings;
  char text[256];

  CHECK(shako_hat_lint(&warnings, hat, &around) == 0);
  shako_hat_warnings_text(warnings, text, sizeof(text));
  shako_hat_warnings_free(warnings);
}

/* |hat| and |again| decide alike, and whatever is told before it is asked: by
   the same group, if not by the same of its members. */
static void check_decision(const shako_hat *hat, const shako_hat *again,
                           shako_span line) {
  shako_hat_match match;
  shako_hat_match more;
  shako_hat_match other;
  subject asked;
  subject told;

  read_subject(&asked, line);
  find(hat, &asked, &match);
  read_subject(&told, line);
  inform(&told, ~0u, UINT64_MAX);
  find(hat, &told, &more);
  CHECK(match.group == more.group && match.policy == more.policy);
  CHECK(match.group != NULL || match.rule == more.rule);
  find(again, &told, &other);
  CHECK(is_same(more.rule, other.rule) && is_same(more.group, other.group));
  check_explained(hat, &asked, &match);
  check_lint(hat, (unsigned)asked.number);
}

static bool is_in_line(uint8_t c) {
  return c != '\n';
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  shako_span text = {octets, len};
  shako_span line = shako__cut_class(&text, is_in_line);
  shako_hat *again;
  shako_hat *hat;
  char *written;
  char *twice;

  shako__cut(&text, '\n');
  hat = len <= TEXT_MAX ? read_table(text) : NULL;
  if (hat == NULL) {
    return 0;
  }
  written = write_table(hat);
  again = read_table(shako__span(written));
  CHECK(again != NULL);
  twice = write_table(again);
  CHECK(strcmp(written, twice) == 0);
  check_groups(hat, again);
  check_decision(hat, again, line);
  free(written);
  free(twice);
  shako_hat_unref(hat);
  shako_hat_unref(again);

  return 0;
}
