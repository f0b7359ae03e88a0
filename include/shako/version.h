#ifndef SHAKO_VERSION_H
#define SHAKO_VERSION_H

/* The build reads the version and the soname from here. */
#define SHAKO_VERSION_MAJOR 0
#define SHAKO_VERSION_MINOR 1
#define SHAKO_VERSION_PATCH 0

/* The number of the ABI; libshako.so.N. */
#define SHAKO_ABI 0

#define SHAKO_VERSION_NUMBER                                                   \
  ((SHAKO_VERSION_MAJOR << 16) | (SHAKO_VERSION_MINOR << 8) |                  \
   SHAKO_VERSION_PATCH)

#endif /* SHAKO_VERSION_H */
