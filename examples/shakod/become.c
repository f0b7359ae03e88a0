#include "become.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

bool become(const char *name) {
  struct passwd *user;

  errno = 0;
  user = getpwnam(name);
  if (user == NULL) {
    log_line("--user %s: %s", name,
             errno != 0 ? strerror(errno) : "no such user");
    return false;
  }

  if (initgroups(name, user->pw_gid) != 0 || setgid(user->pw_gid) != 0 ||
      setuid(user->pw_uid) != 0) {
    log_line("--user %s: %s", name, strerror(errno));
    return false;
  }

  if (user->pw_uid != 0 && setuid(0) == 0) {
    log_line("--user %s: could become root again", name);
    return false;
  }

  return true;
}
