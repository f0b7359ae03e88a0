/* The engine over mbed TLS where an allocation of mbed TLS's fails, whichever
   it is.  The first argument is the folder of the certificates, the second how
   many allocations are left out from one that fails to the next.

   mbed TLS calls calloc() and free(), and only the linker puts others in their
   place (--wrap), where it links mbed TLS itself. */
#include <stdlib.h>

#include <shako/mbedtls.h>

#include "support/engine_bench.h"
#include "support/failing_memory.h"

/* --- the C library's memory ---------------------------------------------- */

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *ptr, size_t size);
void __real_free(void *ptr);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *ptr, size_t size);
void __wrap_free(void *ptr);

/* Those of a sanitizer that looks for leaks. */
__attribute__((weak)) void __lsan_disable(void);
__attribute__((weak)) void __lsan_enable(void);

static void *count(void *ptr) {
  failing.live += ptr != NULL;

  return ptr;
}

/* What mbed TLS loses where memory runs out is counted, and not for the
   sanitizer to find. */
void *__wrap_calloc(size_t n, size_t size) {
  bool hidden = failing.armed && failing.at > 0 && __lsan_disable != NULL;
  void *ptr;

  if (hidden) {
    __lsan_disable();
  }
  ptr = failing_now() ? NULL : __real_calloc(n, size);
  if (hidden) {
    __lsan_enable();
  }

  return count(ptr);
}

/* The tests' own, in which what the listener has of them is asked for already
   (session_memory.c). */
void *__wrap_malloc(size_t size) {
  return count(__real_malloc(size));
}

void *__wrap_realloc(void *ptr, size_t size) {
  void *grown = __real_realloc(ptr, size);

  return ptr != NULL ? grown : count(grown);
}

void __wrap_free(void *ptr) {
  failing.live -= ptr != NULL;
  __real_free(ptr);
}

/* ------------------------------------------------------------------------- */

static int context_new(void **pcontext, const shako_mem *mem, char *message) {
  shako_mbedtls_context *context = NULL;
  int error = shako_mbedtls_context_new(&context, mem, message);

  *pcontext = context;

  return error;
}

static void context_free(void *context) {
  shako_mbedtls_context_free(context);
}

static const engine_kit kit = {.engine = shako_mbedtls_engine,
                               .context_new = context_new,
                               .context_free = context_free,
                               .certificate_read =
                                   shako_mbedtls_certificate_read,
                               .authorities_parse =
                                   shako_mbedtls_authorities_parse,
                               .blames_client = true};

int main(int argc, char **argv) {
  bench.kit = &kit;
  bench.folder = argc > 1 ? argv[1] : "tests/certificates";
  bench.step = argc > 2 ? strtoul(argv[2], NULL, 10) : 1;

  return session_memory_run();
}
