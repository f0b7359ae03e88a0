#include "base/ascii.h"
#include "base/text.h"
#include "policy/hat.h"
#include "policy/keys.h"

#define INDENT "    "

static bool is_blank(uint8_t c) {
  return c <= ' ';
}

static bool is_in_pattern(uint8_t c) {
  return !is_blank(c);
}

static bool is_in_comment(uint8_t c) {
  return c != '\n';
}

/* One pattern a line, without the comments. */
static void put_senders(shako__text *text, const shako__hat_senders *senders) {
  shako_span rest = shako__span(senders->patterns);

  shako__text_put(text, "%");
  shako__text_put(text, senders->name);
  shako__text_put(text, " {\n");
  shako__cut_class(&rest, is_blank);
  while (rest.len > 0) {
    if (rest.ptr[0] == '#') {
      shako__cut_class(&rest, is_in_comment);
    } else {
      shako__text_put(text, INDENT);
      shako__text_put_span(text, shako__cut_class(&rest, is_in_pattern));
      shako__text_put(text, "\n");
    }
    shako__cut_class(&rest, is_blank);
  }
  shako__text_put(text, "}\n");
}

static void put_block(shako__text *text, const shako_hat *hat,
                      const shako__hat_policy *policy) {
  size_t key;

  shako__text_put(text, " {\n");
  for (key = 0; key < shako__key_count(); key++) {
    if (policy->set >> key & 1) {
      shako__text_put(text, INDENT INDENT);
      shako__text_put(text, shako__key_name(key));
      shako__text_put(text, " = ");
      shako__key_put(text, hat, &policy->policy, key);
      shako__text_put(text, "\n");
    }
  }
  shako__text_put(text, INDENT "}");
}

/* A bare access rule, which has no name, is written with its group. */
static void put_policy(shako__text *text, const shako_hat *hat,
                       const shako__hat_policy *policy) {
  if (policy->policy.name == NULL) {
    return;
  }
  shako__text_put(text, policy->policy.name);
  shako__text_put(text, "\n" INDENT);
  shako__text_put(text, shako__access_name(policy->policy.access));
  if (policy->set != 0) {
    put_block(text, hat, policy);
  }
  shako__text_put(text, "\n");
}

/* $POLICY (comment) */
static void put_rule(shako__text *text, const shako_hat *hat,
                     const shako__hat_group *group) {
  const shako__hat_policy *policies = hat->policies.items;
  const shako_policy *policy = &policies[group->policy].policy;

  shako__text_put(text, policy->name ? policy->name
                                     : shako__access_name(policy->access));
  if (group->comment != NULL) {
    shako__text_put(text, " (");
    shako__text_put(text, group->comment);
    shako__text_put(text, ")");
  }
  shako__text_put(text, "\n");
}

static void put_group(shako__text *text, const shako_hat *hat, size_t i) {
  const shako__hat_group *group =
      (const shako__hat_group *)hat->groups.items + i;
  uint32_t end = shako__hat_group_end(hat, i);
  uint32_t member;

  if (group->name == NULL) {
    shako__text_put(text, shako__hat_member_text(hat, group->first_member));
    shako__text_put(text, "\n" INDENT);
    put_rule(text, hat, group);
    return;
  }
  shako__text_put(text, group->name);
  shako__text_put(text, ":\n");
  for (member = group->first_member; member < end; member++) {
    shako__text_put(text, INDENT);
    shako__text_put(text, shako__hat_member_text(hat, member));
    shako__text_put(text, "\n");
  }
  shako__text_put(text, INDENT INDENT);
  put_rule(text, hat, group);
}

size_t shako_hat_write(const shako_hat *hat, char *buf, size_t size) {
  const shako__hat_senders *senders = hat->senders.items;
  const shako__hat_policy *policies = hat->policies.items;
  shako__text text;
  size_t i;

  shako__text_init(&text, buf, size);
  for (i = 0; i < hat->senders.count; i++) {
    put_senders(&text, &senders[i]);
  }
  for (i = 0; i < hat->policies.count; i++) {
    put_policy(&text, hat, &policies[i]);
  }
  for (i = 0; i < hat->groups.count; i++) {
    put_group(&text, hat, i);
  }
  return text.len;
}
