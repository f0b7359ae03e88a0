#include <shako/tls.h>

shako_authorities *shako_authorities_ref(shako_authorities *authorities) {
  __atomic_add_fetch(&authorities->references, 1, __ATOMIC_RELAXED);

  return authorities;
}

void shako_authorities_unref(shako_authorities *authorities) {
  if (!authorities) {
    return;
  }
  if (__atomic_sub_fetch(&authorities->references, 1, __ATOMIC_ACQ_REL) == 0) {
    authorities->release(authorities);
  }
}
