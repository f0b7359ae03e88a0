#ifndef SHAKO_SMTP_SASL_H
#define SHAKO_SMTP_SASL_H

#include <stdbool.h>

#include <shako/common.h>

/* What clients say in the mechanisms that the library helps with, base64 taken
   off.  Nothing is copied: whoever owns the octets wipes them. */

/* The longest name, and what a password is held to (RFC 4616 2: at least 255
   octets). */
#define SHAKO__SASL_NAME_MAX     255
#define SHAKO__SASL_PASSWORD_MAX 1024

/* What LOGIN asks, which clients know by heart. */
#define SHAKO__SASL_LOGIN_NAME     "Username:"
#define SHAKO__SASL_LOGIN_PASSWORD "Password:"

/* Those mechanisms. */
typedef enum shako__sasl {
  SHAKO__SASL_OTHER,
  SHAKO__SASL_PLAIN,
  SHAKO__SASL_LOGIN,
  SHAKO__SASL_EXTERNAL
} shako__sasl;

/* Returns which of them |mechanism| is, a name in upper case. */
shako__sasl shako__sasl_find(const char *mechanism);

/* Whether |mechanism| is bound to a channel (RFC 5802 4: "-PLUS"). */
bool shako__sasl_is_plus(const char *mechanism);

typedef struct shako__sasl_plain {
  shako_span authzid; /* as whom to act; empty: as who it is */
  shako_span authcid; /* who it is */
  shako_span password;
} shako__sasl_plain;

/* Reads |message|, all that a client says in PLAIN (RFC 4616 2): [authzid] NUL
   authcid NUL password.  Returns false, and touches nothing, where it is
   anything else. */
bool shako__sasl_plain_read(shako_span message, shako__sasl_plain *plain);

/* Whether |text| is a name, as LOGIN's first answer is: 1 to
   SHAKO__SASL_NAME_MAX octets of UTF-8 without controls, which could forge a
   line of a log. */
bool shako__sasl_is_name(shako_span text);

/* Whether |text| is a password, as LOGIN's second answer is: 1 to
   SHAKO__SASL_PASSWORD_MAX octets of UTF-8 without NUL. */
bool shako__sasl_is_password(shako_span text);

/* Whether |text| is what a client says in EXTERNAL (RFC 4422 A.1): a name as
   which to act, or nothing. */
bool shako__sasl_is_authzid(shako_span text);

#endif /* SHAKO_SMTP_SASL_H */
