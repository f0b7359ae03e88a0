#ifndef SHAKO_TLS_HOST_NAME_H
#define SHAKO_TLS_HOST_NAME_H

#include <stdbool.h>

#include <shako/common.h>

/* RFC 1035 2.3.4, without the dot at the end. */
#define SHAKO__HOST_NAME_MAX 253

/* The name of a host, or "*." and such a name, in lower case and without a dot
   at its end. */
typedef struct shako__host_name {
  size_t len;
  uint8_t text[SHAKO__HOST_NAME_MAX];
} shako__host_name;

/* Reads |text| into |*name|: labels of 1 to 63 letters, digits, "-" and "_"; of
   a pattern the first may be "*".  Returns false where it is none. */
bool shako__host_name_read(shako__host_name *name, shako_span text,
                           bool is_pattern);

/* Makes |name| the pattern that stands for it: "*" and all but its first label.
   Returns false where there is no other. */
bool shako__host_name_widen(shako__host_name *name);

/* Whether |pattern| stands for the host |text|. */
bool shako__host_name_matches(shako_span pattern, shako_span text);

#endif /* SHAKO_TLS_HOST_NAME_H */
