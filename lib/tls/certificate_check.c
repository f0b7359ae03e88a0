#include <string.h>

#include <shako/certificate.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "tls/host_name.h"

/*
 * What is wrong with a certificate, judged from what its engine reads in the
 * chain.  Who issued whom is told by the names; that the key of the next one
 * made the signature, by the engine.
 *
 * The path is the leaf, its issuer, that one's issuer and so on, as far as they
 * are in the chain, in whatever order.
 */

#define DAY          86400
#define SOON_DAYS    14
#define MEMBERS_MAX  16
#define NO_MEMBER    MEMBERS_MAX
#define DEMONSTRATES "shako demonstration certificate"

/* The years 0 to 9999. */
#define TIME_MIN (-INT64_C(62167219200))
#define TIME_MAX INT64_C(253402300799)

typedef struct checking {
  const shako_certificate *certificate;
  shako_certificate_report *report;
  int64_t now;
  shako_certificate_facts members[MEMBERS_MAX];
  size_t count;
  bool on_path[MEMBERS_MAX];
  int error; /* the first */
} checking;

/* Adds a warning; the first for |reason| is the one. */
static void warn(checking *c, const char *reason, size_t index,
                 const char *text) {
  shako_certificate_report *report = c->report;
  size_t i;

  for (i = 0; i < report->warning_count; i++) {
    if (strcmp(report->warnings[i].reason, reason) == 0) {
      return;
    }
  }
  report->warnings[report->warning_count++] =
      (shako_certificate_warning){reason, text, index};
}

static bool same(shako_span a, shako_span b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static bool is_self_signed(const shako_certificate_facts *member) {
  return same(member->subject, member->issuer);
}

/* Reads the chain. */
static void read_members(checking *c) {
  const shako_tls_engine *engine = c->certificate->engine;
  int result = 1;

  while (c->count < MEMBERS_MAX && result > 0) {
    shako_certificate_facts *member = &c->members[c->count];

    member->struct_size = sizeof(*member);
    result = engine->inspect(c->certificate, c->count, member);
    c->count += result > 0;
  }
  if (result < 0) {
    c->error = result;
  } else if (c->count == 0) {
    c->error = SHAKO_ERR_INVALID_ARGUMENT;
  }
}

/* --- the leaf ----------------------------------------------------------- */

/* Whole days from |a| to |b|, rounded down. */
static int64_t days_between(int64_t a, int64_t b) {
  int64_t seconds = b - a;

  return seconds >= 0 ? seconds / DAY : -((DAY - 1 - seconds) / DAY);
}

typedef struct algorithm {
  const char *oid;
  size_t len;
  const char *name;
  bool is_weak;
} algorithm;

#define OID(TEXT) TEXT, sizeof(TEXT) - 1

/* RFC 5758 3.2, RFC 8017 A.2, RFC 8410 3 */
static const algorithm algorithms[] = {
    {OID("\x2a\x86\x48\xce\x3d\x04\x01"), "ecdsa-with-SHA1", true},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x02"), "ecdsa-with-SHA256", false},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x03"), "ecdsa-with-SHA384", false},
    {OID("\x2a\x86\x48\xce\x3d\x04\x03\x04"), "ecdsa-with-SHA512", false},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04"), "md5WithRSAEncryption", true},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05"), "sha1WithRSAEncryption",
     true},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"), "RSASSA-PSS", false},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b"), "sha256WithRSAEncryption",
     false},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c"), "sha384WithRSAEncryption",
     false},
    {OID("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d"), "sha512WithRSAEncryption",
     false},
    {OID("\x2b\x65\x70"), "Ed25519", false},
};

static algorithm algorithm_of(shako_span oid) {
  const algorithm unknown = {"", 0, "unknown", false};
  size_t i;

  for (i = 0; i < sizeof(algorithms) / sizeof(algorithms[0]); i++) {
    if (oid.len == algorithms[i].len &&
        memcmp(oid.ptr, algorithms[i].oid, oid.len) == 0) {
      return algorithms[i];
    }
  }
  return unknown;
}

static bool holds(shako_span octets, const char *text) {
  size_t len = strlen(text);
  size_t i;

  for (i = 0; i + len <= octets.len; i++) {
    if (memcmp(octets.ptr + i, text, len) == 0) {
      return true;
    }
  }
  return false;
}

static void copy_leaf(checking *c) {
  const shako_certificate_facts *leaf = &c->members[0];
  shako_certificate_report *report = c->report;

  report->not_before = leaf->not_before;
  report->not_after = leaf->not_after;
  report->days_left = days_between(c->now, leaf->not_after);
  report->key = leaf->key;
  report->curve = leaf->curve;
  report->key_bits = leaf->key_bits;
  report->key_fits = leaf->key_fits;
  report->signature = algorithm_of(leaf->signature_oid).name;
  report->self_signed = is_self_signed(leaf);
  report->is_demonstration = holds(leaf->subject, DEMONSTRATES);
  shako__put_hex(report->spki_sha256, leaf->spki_sha256, 32);
}

/* Whether |octets| are those of |wanted| (RFC 5280 4.2.1.6). */
static bool is_address(shako_span octets, const shako_address *wanted) {
  static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

  if (octets.len == 4) {
    return memcmp(wanted->bytes, mapped, sizeof(mapped)) == 0 &&
           memcmp(wanted->bytes + sizeof(mapped), octets.ptr, 4) == 0;
  }
  return octets.len == 16 && memcmp(wanted->bytes, octets.ptr, 16) == 0;
}

/* Compares the addresses with |wanted|, if it is one.  Returns how many there
   are. */
static size_t check_addresses(checking *c, const shako_address *wanted) {
  const shako_tls_engine *engine = c->certificate->engine;
  shako_span octets;
  size_t i;

  if (engine->address_at == NULL) {
    return 0;
  }
  for (i = 0; engine->address_at(c->certificate, i, &octets); i++) {
    if (wanted->known && is_address(octets, wanted)) {
      c->report->matches = 1;
    }
  }
  return i;
}

/* Reads the names and compares them with the host's. */
static void check_names(checking *c) {
  shako_certificate_report *report = c->report;
  shako_address address = {.known = 0};
  shako_span name;
  size_t i;

  if (report->hostname != NULL) {
    (void)shako_address_parse(&address, shako__span(report->hostname));
  }
  for (i = 0; c->certificate->engine->name_at(c->certificate, i, &name); i++) {
    if (i < SHAKO_CERTIFICATE_NAMES_MAX) {
      report->names[i] = name;
    }
    if (report->hostname != NULL && !address.known &&
        shako__host_name_matches(name, shako__span(report->hostname))) {
      report->matches = 1;
    }
  }
  report->name_count = i;
  if (check_addresses(c, &address) == 0 && i == 0) {
    warn(c, "no-names", 0, "it has no DNS name: no client can match it");
  }
  if (report->hostname != NULL && !report->matches) {
    warn(c, "name-mismatch", 0, "none of its names stands for the host");
  }
}

static void check_leaf(checking *c) {
  shako_certificate_report *report = c->report;

  if (!report->key_fits) {
    warn(c, "key-mismatch", 0, "the private key does not belong to it");
  }
  if (report->is_demonstration) {
    warn(c, "demonstration", 0,
         "the demonstration certificate proves nothing to a client");
  } else if (report->self_signed) {
    warn(c, "self-signed", 0,
         "it is its own issuer: who does not hold it cannot trust it");
  }
  if (c->now <= report->not_after && report->days_left < SOON_DAYS) {
    warn(c, "expires-soon", 0, "it is valid for less than 14 days more");
  }
}

/* --- the chain ---------------------------------------------------------- */

/* Returns the member that issued member |i|, the next one first, or
   NO_MEMBER. */
static size_t issuer_of(const checking *c, size_t i) {
  shako_span issuer = c->members[i].issuer;
  size_t j;

  if (i + 1 < c->count && same(issuer, c->members[i + 1].subject)) {
    return i + 1;
  }
  for (j = 0; j < c->count; j++) {
    if (j != i && same(issuer, c->members[j].subject)) {
      return j;
    }
  }
  return NO_MEMBER;
}

/* Follows the path from the leaf, a self-signed certificate being its end. */
static void follow_path(checking *c) {
  size_t at = 0;

  while (at != NO_MEMBER && !c->on_path[at]) {
    c->on_path[at] = true;
    at = is_self_signed(&c->members[at]) ? NO_MEMBER : issuer_of(c, at);
  }
}

/* Whether the next one signed member |i|, whose issuer it is by name. */
static bool is_signed(checking *c, size_t i) {
  int result = c->certificate->engine->is_signed(c->certificate, i);

  if (result < 0) {
    c->error = result;
  }
  return result != 0;
}

/* Judges where member |i| stands.  Returns whether the next one is its issuer,
   or it is the last. */
static bool check_place(checking *c, size_t i) {
  size_t issuer = issuer_of(c, i);

  if (!c->on_path[i]) {
    warn(c, "chain-extra", i, "it is no issuer of another in the chain");
    return false;
  }
  if (is_self_signed(&c->members[i]) || issuer == NO_MEMBER) {
    return i + 1 == c->count;
  }
  if (issuer != i + 1) {
    warn(c, "chain-order", i, "its issuer is not the next one in the chain");
    return false;
  }
  if (!is_signed(c, i)) {
    warn(c, "chain-signature", i,
         "the next one in the chain has its issuer's name, but did not sign "
         "it");
    return false;
  }
  return true;
}

static void check_member(checking *c, size_t i) {
  const shako_certificate_facts *member = &c->members[i];

  if (c->now > member->not_after) {
    warn(c, "expired", i, "it is not valid any more");
  }
  if (c->now < member->not_before) {
    warn(c, "not-yet-valid", i, "it is not valid yet");
  }
  /* The signature of a self-signed one proves nothing. */
  if (!is_self_signed(member) && algorithm_of(member->signature_oid).is_weak) {
    warn(c, "weak-signature", i,
         "it is signed with MD5 or SHA-1, which clients refuse");
  }
}

static void check_chain(checking *c) {
  shako_certificate_report *report = c->report;
  size_t issuer = issuer_of(c, 0);
  size_t i;

  report->chain_length = (uint32_t)c->count;
  report->in_order = 1;
  follow_path(c);
  for (i = 0; i < c->count; i++) {
    check_member(c, i);
    if (!check_place(c, i)) {
      report->in_order = 0;
    }
  }
  if (report->self_signed) {
    return;
  }
  if (issuer != NO_MEMBER) {
    shako__put_hex(report->issuer_spki_sha256, c->members[issuer].spki_sha256,
                   32);
  } else {
    report->issuer_missing = 1;
    warn(c, "missing-intermediate", 0,
         "its issuer is not in the chain: right only where clients hold it");
  }
}

int shako_certificate_check(const shako_certificate *certificate,
                            const char *hostname, int64_t unix_time,
                            shako_certificate_report *report) {
  shako_certificate_report found = {.struct_size = sizeof(found),
                                    .hostname = hostname};
  checking c = {.certificate = certificate, .report = &found, .now = unix_time};

  if (!SHAKO__KNOWS(report, warnings) || certificate->engine->inspect == NULL ||
      unix_time < TIME_MIN || unix_time > TIME_MAX) {
    return SHAKO_ERR_INVALID_ARGUMENT;
  }
  read_members(&c);
  if (c.error == 0) {
    copy_leaf(&c);
    check_leaf(&c);
    check_names(&c);
    check_chain(&c);
  }
  if (c.error != 0) {
    return c.error;
  }
  shako__sized_fill(report, report->struct_size, &found, sizeof(found));

  return 0;
}
