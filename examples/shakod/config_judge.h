#ifndef SHAKOD_CONFIG_JUDGE_H
#define SHAKOD_CONFIG_JUDGE_H

#include <stdbool.h>
#include <stddef.h>

#include <confuse.h>
#include <shako/listener.h>

/* Has |cfg| judge each value as soon as it is read, while its line is
   known. */
void config_judge(cfg_t *cfg);

/* Returns 0, or -1 after an error where the number |opt| is not from |min| to
   |max|. */
int config_judge_number(cfg_t *cfg, cfg_opt_t *opt, long min, long max);

/* Cuts |row|, "FROM TO", in two at its first blank.  Returns false where it
   has none. */
bool config_cut_row(char *row, shako_domain_map_row *cut);

#endif /* SHAKOD_CONFIG_JUDGE_H */
