/* A member of a sender group: what is read lies in the text and within its
   limits, reads the same in any case and again when it is written, and is found
   by the look-ups that it is for. */

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/ascii.h"
#include "base/mem.h"
#include "check.h"
#include "policy/member.h"
#include "policy/nameset.h"
#include "policy/netset.h"

/* The longest input that is looked at. */
#define TEXT_MAX 600

/* The number of a rule. */
#define RULE 7

static bool is_ipv4(const uint8_t *bytes) {
  static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

  return memcmp(bytes, prefix, sizeof(prefix)) == 0;
}

static bool has(shako_span text, uint8_t c) {
  return text.len > 0 && memchr(text.ptr, c, text.len) != NULL;
}

/* But for their place |a| and |b| are the same. */
static void check_same(const shako__member *a, const shako__member *b) {
  CHECK(a->kind == b->kind);
  CHECK(memcmp(a->first, b->first, 16) == 0);
  CHECK(memcmp(a->last, b->last, 16) == 0);
  CHECK(a->low == b->low && a->high == b->high);
  CHECK(a->owner == b->owner && a->unverified == b->unverified);
  CHECK(a->name.len == b->name.len);
}

/* Reads |text|, which means what |member| is. */
static void check_reads(shako_span text, const shako__member *member) {
  shako__member again;
  size_t at;

  memset(&again, 0xa5, sizeof(again));
  CHECK(shako__member_read(&again, text, &at) == NULL);
  check_same(member, &again);
}

/* Upper and lower case are alike, faults and all. */
static void check_case(shako_span text, bool upper, const char *what,
                       size_t at) {
  uint8_t octets[TEXT_MAX];
  shako_span other = {octets, text.len};
  shako__member member;
  shako__member folded;
  size_t other_at;
  size_t i;

  for (i = 0; i < text.len; i++) {
    uint8_t c = text.ptr[i];

    octets[i] = !shako__is_alpha(c) ? c
                : upper             ? shako__upper(c)
                                    : (uint8_t)(c | 0x20);
  }
  CHECK(shako__member_read(&folded, other, &other_at) == what);
  if (what != NULL) {
    CHECK(at == other_at);
    return;
  }
  CHECK(shako__member_read(&member, text, &at) == NULL);
  check_same(&member, &folded);
  CHECK(member.name.ptr == NULL ||
        member.name.ptr - text.ptr == folded.name.ptr - other.ptr);
}

/* Both ends are found in a set of this range. */
static void check_netset(const shako__member *member) {
  shako_mem mem = shako__mem_default();
  shako__netset set;

  shako__netset_init(&set, &mem);
  CHECK(shako__netset_add(&set, member->first, member->last, RULE) == 0);
  CHECK(shako__netset_build(&set) == 0);
  CHECK(shako__netset_find(&set, member->first) == RULE);
  CHECK(shako__netset_find(&set, member->last) == RULE);
  shako__netset_free(&set);
}

/* "first-last" means the same. */
static void check_range(const shako__member *member) {
  char written[2 * SHAKO_ADDRESS_TEXT_SIZE];
  shako_address end = {.known = 1};
  shako_span text = {(const uint8_t *)written, 0};

  memcpy(end.bytes, member->first, 16);
  text.len = shako_address_format(&end, written);
  written[text.len++] = '-';
  memcpy(end.bytes, member->last, 16);
  text.len += shako_address_format(&end, written + text.len);
  check_reads(text, member);
}

static void check_addresses(shako_span text, const shako__member *member) {
  shako_address address;
  size_t i;

  CHECK(memcmp(member->first, member->last, 16) <= 0);
  CHECK(!is_ipv4(member->first) || is_ipv4(member->last));
  CHECK(!has(text, '%') && !has(text, '['));
  if (shako_address_parse(&address, text) == 0) {
    CHECK(memcmp(address.bytes, member->first, 16) == 0);
    CHECK(memcmp(address.bytes, member->last, 16) == 0);
  }
  if (!has(text, ':')) {
    CHECK(is_ipv4(member->first) && text.len < 20);
    for (i = 0; i < text.len; i++) {
      CHECK(!shako__is_alpha(text.ptr[i]));
    }
  }
  if (text.ptr[text.len - 1] == '.') {
    check_reads(shako__slice(text, 0, text.len - 1), member);
  }
  if (!is_ipv4(member->last)) {
    check_range(member);
  }
  check_netset(member);
}

static void check_host(shako_span host) {
  size_t label = 0;
  size_t i;

  CHECK(host.len >= 1 && host.len <= 253);
  CHECK(host.ptr[host.len - 1] != '.');
  for (i = 0; i < host.len; i++) {
    uint8_t c = host.ptr[i];

    CHECK(shako__is_alnum(c) || c == '-' || c == '_' || c == '.');
    CHECK(c != '.' || label > 0);
    label = c == '.' ? 0 : label + 1;
    CHECK(label <= 63);
  }
}

/* A name is found, and one under it if it begins with a dot; not the other. */
static void check_nameset(shako_span name, bool under) {
  uint8_t octets[256] = {'a'};
  shako_span one = {octets, name.len + 1};
  shako_mem mem = shako__mem_default();
  shako__nameset set;

  memcpy(octets + 1, name.ptr, name.len);
  shako__nameset_init(&set, &mem);
  CHECK(shako__nameset_add(&set, name, RULE) == 0);
  CHECK(shako__nameset_build(&set) == 0);
  CHECK((shako__nameset_find(&set, name) == RULE) == !under);
  CHECK((shako__nameset_find(&set, one) == RULE) == under);
  shako__nameset_free(&set);
}

static void check_name(shako_span text, const shako__member *member) {
  shako_span name = member->name;
  bool under = name.len > 0 && name.ptr[0] == '.';
  uint8_t octets[256];
  shako_span dotted = {octets, name.len + 1};

  CHECK(name.ptr == text.ptr);
  CHECK(name.len == text.len ||
        (name.len + 1 == text.len && text.ptr[name.len] == '.'));
  check_host(shako__slice(name, under, name.len));
  memcpy(octets, name.ptr, name.len);
  octets[name.len] = '.';
  check_reads(dotted, member);
  check_nameset(name, under);
}

static void check_list(shako_span text, const shako__member *member) {
  CHECK(shako__starts_with(text, "dnslist["));
  CHECK(member->name.ptr == text.ptr + 8);
  CHECK(member->name.len + 9 <= text.len && text.ptr[text.len - 1] == ']');
  check_host(member->name);
}

static void check_member(shako_span text, const shako__member *member) {
  switch (member->kind) {
  case SHAKO__MEMBER_ADDRESSES:
    check_addresses(text, member);
    return;
  case SHAKO__MEMBER_NAME:
    check_name(text, member);
    return;
  case SHAKO__MEMBER_SCORE:
    CHECK(shako__starts_with(text, "SBRS["));
    CHECK(member->low >= -100 && member->low <= member->high);
    CHECK(member->high <= 100);
    return;
  case SHAKO__MEMBER_SCORE_NONE:
    CHECK(shako__equals(text, "SBRS[none]"));
    return;
  case SHAKO__MEMBER_OWNER:
    CHECK(shako__starts_with(text, "SBO:") && member->owner > 0);
    return;
  case SHAKO__MEMBER_LIST:
    check_list(text, member);
    return;
  case SHAKO__MEMBER_UNVERIFIED:
    CHECK(shako__starts_with(text, "unverified["));
    CHECK(member->unverified == SHAKO_NAME_NONE ||
          member->unverified == SHAKO_NAME_TEMPORARY ||
          member->unverified == SHAKO_NAME_MISMATCH);
    return;
  case SHAKO__MEMBER_ALL:
    CHECK(shako__equals(text, "ALL"));
    return;
  }
  CHECK(false);
}

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len) {
  shako_span text = {octets, len};
  shako__member member;
  const char *what;
  size_t at;

  if (len > TEXT_MAX) {
    return 0;
  }
  memset(&member, 0x5a, sizeof(member));
  what = shako__member_read(&member, text, &at);
  CHECK(at <= len);
  if (what == NULL) {
    check_reads(text, &member);
    check_member(text, &member);
  }
  check_case(text, true, what, at);
  check_case(text, false, what, at);

  return 0;
}
