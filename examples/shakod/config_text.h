#ifndef SHAKOD_CONFIG_TEXT_H
#define SHAKOD_CONFIG_TEXT_H

#include <stddef.h>

/* How the option is called to libConfuse that is "certificate" to everybody
   else. */
#define CONFIG_CERTIFICATE "Certificate"

/**
 * Makes of |text| what libConfuse 3.3 can read:
 *
 * - comments become spaces: it counts two lines for each, and does not know
 *   them within a list;
 * - "certificate =" gets the name above: it knows no option and section of one
 *   name.
 */
void config_text_prepare(char *text, size_t len);

#endif /* SHAKOD_CONFIG_TEXT_H */
