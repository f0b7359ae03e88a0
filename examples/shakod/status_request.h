#ifndef SHAKOD_STATUS_REQUEST_H
#define SHAKOD_STATUS_REQUEST_H

#include <shako/common.h>

/* The most octets of a request. */
#define STATUS_REQUEST_MAX 4096

/* Whether a request is good, or what is wrong with it, as HTTP says it. */
typedef enum status_code {
  STATUS_INCOMPLETE = 0,
  STATUS_OK = 200,
  STATUS_BAD_REQUEST = 400,
  STATUS_NOT_FOUND = 404,
  STATUS_NO_SUCH_METHOD = 405,
  STATUS_MISDIRECTED = 421, /* for a host that we are not */
  STATUS_TOO_LARGE = 431,
  STATUS_UNAVAILABLE = 503,
  STATUS_NO_SUCH_VERSION = 505
} status_code;

typedef struct status_request {
  shako_span path; /* without a query */
  shako_span host; /* without a port */
} status_request;

/* Reads |text|, the octets of a connection so far, as a request (RFC 9112) with
   no body.  Returns STATUS_OK and fills |*r|, whose spans point into |text|;
   or what to answer, or STATUS_INCOMPLETE where more is to come. */
status_code status_request_read(status_request *r, shako_span text);

#endif /* SHAKOD_STATUS_REQUEST_H */
