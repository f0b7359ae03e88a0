#ifndef SHAKO_H
#define SHAKO_H

/**
 * shako: the server side of SMTP with one question at its centre: must this
 * peer use TLS, and did it?
 *
 * What holds for every function:
 *
 * Errors.  A function that can fail returns 0 or a negative shako_error; no
 * errno, no thread-local state.  A count is stored through a pointer and
 * never mixed with a code.  Where a function fails, it has changed nothing
 * but what its comment says.
 *
 * Ownership.  What X_new() gave, X_free() (or, with counted references,
 * X_unref()) takes back; nothing else is the caller's to free.  Settings and
 * strings are copied.  An event lives until the next poll(), a loan until its
 * own ack.
 *
 * Threads.  A session belongs to one thread at a time.  Listeners, engines,
 * their contexts and certificates are immutable and shared by any number.
 *
 * Structs.  One that the caller fills begins with |struct_size|, which says
 * how much of it the caller knows: set it by the _default() macro, or to
 * sizeof where there is none.  New fields come at the end; what is reserved is
 * 0.
 *
 * Text.  A span is not NUL-terminated.  A |const char *| is.  recv means from
 * the peer, send means to the peer; octets are what others call bytes.
 */

#include <shako/alert.h>
#include <shako/certificate.h>
#include <shako/common.h>
#include <shako/counters.h>
#include <shako/destination.h>
#include <shako/hat.h>
#include <shako/io.h>
#include <shako/listener.h>
#include <shako/log.h>
#include <shako/policy.h>
#include <shako/received.h>
#include <shako/record.h>
#include <shako/session.h>
#include <shako/stats.h>
#include <shako/tls.h>
#include <shako/version.h>

#endif /* SHAKO_H */
