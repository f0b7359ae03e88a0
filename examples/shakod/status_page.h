#ifndef SHAKOD_STATUS_PAGE_H
#define SHAKOD_STATUS_PAGE_H

#include "buffer.h"
#include "service.h"
#include "status_request.h"

/* Adds the whole answer to the octets of |text| to |to|: head and page.  Adds
   nothing where |text| is not complete, or memory ran out. */
void status_page_answer(buffer *to, const service *s, shako_span text);

#endif /* SHAKOD_STATUS_PAGE_H */
