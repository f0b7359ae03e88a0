#ifndef SHAKOD_LOG_CONNECTION_H
#define SHAKOD_LOG_CONNECTION_H

#include <stdbool.h>

#include <shako/shako.h>

/* How connections are told. */
typedef enum log_format {
  LOG_PLAIN,  /* a line of our own, with nothing in it that a peer said */
  LOG_JSON,   /* a JSON object */
  LOG_EVENTS, /* ... and one for each event */
  LOG_ASYNCOS /* as the appliances do */
} log_format;

/* Finds the format of that |name| ("json").  Returns false where there is
   none. */
bool log_format_find(log_format *format, const char *name);

/* Tells the connection of number |icid|, which is |closed|, in one write, where
   that is done at its end. */
void log_connection(log_format format, uint64_t icid,
                    const shako_record *closed);

/* Tells |event|, if that is asked for in JSON. */
void log_event(log_format format, uint64_t icid, const shako_event *event);

/* Tells what |event| of |session| adds to the lines of the appliances. */
void log_asyncos(shako_asyncos *log, const shako_session *session,
                 const shako_event *event);

#endif /* SHAKOD_LOG_CONNECTION_H */
