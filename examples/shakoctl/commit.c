#include "commit.h"

#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../shakod/certificate_check.h"
#include "../shakod/config.h"
#include "../shakod/file.h"
#include "../shakod/log.h"
#include "../shakod/pid_file.h"
#include "replace.h"

/* All files of one commit; the configuration is the last. */
typedef struct batch {
  replacement items[STAGED_MAX + 1];
  size_t count;
} batch;

/* Returns whether the configuration says what it said when it was read. */
static bool is_same(const draft *d) {
  buffer now = {0};
  bool same;

  if (d->is_new) {
    return access(d->path, F_OK) != 0;
  }

  same = file_read(&now, d->path) && now.len == d->disk.len &&
         memcmp(now.ptr, d->disk.ptr, now.len) == 0;
  buffer_free(&now);

  return same;
}

/* Returns whether nobody else has changed a file meanwhile. */
static bool is_untouched(const draft *d) {
  const char *touched = is_same(d) ? NULL : d->path;
  size_t i;

  for (i = 0; i < d->staged.count && touched == NULL; i++) {
    if (!staged_is_untouched(&d->staged.files[i])) {
      touched = d->staged.files[i].path;
    }
  }

  if (touched != NULL) {
    log_line("%s: it is not what it was when it was read: leave, and begin "
             "again",
             touched);
  }

  return touched == NULL;
}

/* Whether a certificate of |s| is not valid now. */
static bool has_stale(const setup *s, const draft *d) {
  shako_certificate_report report;
  size_t l;
  size_t i;

  for (l = 0; l < s->count; l++) {
    for (i = 0; i < s->listeners[l].certificates.count; i++) {
      certificate_inspect(&report, s, &d->settings, l, i, NULL);
      if (certificate_is_stale(&report, (int64_t)time(NULL))) {
        return true;
      }
    }
  }

  return false;
}

/* Judges |d| as the shakod does that runs with |old| and reads it. */
static bool judge(const draft *d, const settings *old) {
  char hostname[256];
  setup *before = NULL;
  setup *after;
  bool good;

  if (!draft_hostname(d, hostname)) {
    return false;
  }

  after = draft_setup(d, hostname);
  if (after != NULL && has_stale(after, d) && old->parsed != NULL &&
      settings_fixed(old, &d->settings) == NULL) {
    before = setup_new(old, hostname, NULL);
  }

  good = after != NULL &&
         certificates_judge(after, &d->settings, hostname, before);
  setup_unref(before);
  setup_unref(after);

  return good;
}

/* Returns whom new keys belong to: whoever shakod reads them as. */
static uid_t find_owner(const draft *d) {
  const struct passwd *user = d->settings.user != NULL && geteuid() == 0
                                  ? getpwnam(d->settings.user)
                                  : NULL;

  return user != NULL ? user->pw_uid : (uid_t)-1;
}

static bool write_staged(batch *b, const staged_file *file, uid_t owner) {
  replacement_kind kind = {file->secret, file->secret ? owner : (uid_t)-1};
  shako_span text;
  bool done;

  if (!staged_lend(file, &text)) {
    return false;
  }

  done = replacement_write(&b->items[b->count], file->path, text, kind);
  staged_return(text);
  b->count += done;

  return done;
}

/* Writes all files beside their places. */
static bool write_all(batch *b, const draft *d) {
  uid_t owner = find_owner(d);
  size_t i;

  for (i = 0; i < d->staged.count; i++) {
    const staged_file *file = &d->staged.files[i];

    if (staged_find(&d->staged, file->path) == file &&
        !write_staged(b, file, owner)) {
      return false;
    }
  }

  if (!replacement_write(&b->items[b->count], d->path, draft_text(d),
                         (replacement_kind){false, (uid_t)-1})) {
    return false;
  }

  b->count++;

  return true;
}

/* Puts all files into their places, or none where one cannot be written. */
static bool replace_all(const draft *d) {
  batch b = {.count = 0};
  bool done = write_all(&b, d);
  size_t i;

  for (i = 0; i < b.count && done; i++) {
    done = replacement_finish(&b.items[i]);
  }

  if (!done && i > 1) {
    log_line("some files are new and some are old: commit again");
  }

  for (i = 0; i < b.count; i++) {
    replacement_abandon(&b.items[i]);
  }

  return done;
}

/* Has the shakod that runs with |old|, if that can be known, go on with |d|. */
static void tell(const settings *old, const draft *d) {
  const char *path = old->pid_file;
  int holder = path != NULL ? pid_file_holder(path) : 0;
  const char *fixed =
      old->parsed != NULL ? settings_fixed(old, &d->settings) : NULL;

  if (path != NULL && holder == 0) {
    puts("shakod does not run.");
  } else if (fixed != NULL) {
    printf("shakod must be started again: %s cannot change while it runs.\n",
           fixed);
  } else if (holder > 0 && kill(holder, SIGHUP) == 0) {
    printf("shakod (process %d) reads them now; what it thinks of them is in "
           "its log.\n",
           holder);
  } else if (holder > 0) {
    printf("shakod (process %d) could not be told: %s.\n", holder,
           strerror(errno));
  } else {
    puts("A shakod that runs reads them on SIGHUP; with pid_file in the "
         "configuration commit sends it.");
  }
}

/* Reads what is in force so far, if anything is. */
static bool read_old(settings *old, const draft *d) {
  return d->is_new || (settings_open(old) && config_read(old, d->path));
}

static bool commit(draft *d, settings *old) {
  if (!is_untouched(d) || !read_old(old, d) || !judge(d, old) ||
      !replace_all(d)) {
    puts("Nothing was committed.");
    return false;
  }

  puts("Changes committed.");
  tell(old, d);

  return draft_settle(d);
}

bool commit_changes(ctl *c, char *arguments) {
  settings old = {0};

  (void)arguments;
  if (!draft_is_changed(&c->draft)) {
    puts("There are no changes to commit.");
    return true;
  }

  c->status = commit(&c->draft, &old) ? 0 : 1;
  settings_close(&old);

  return true;
}
