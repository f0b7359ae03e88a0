#ifndef SHAKOD_HELP_H
#define SHAKOD_HELP_H

/* What --help says. */
extern const char help_text[];

#endif /* SHAKOD_HELP_H */
