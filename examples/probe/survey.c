#include "survey.h"

#include "talk.h"

/* Deduces the setting from EHLO and the reply to MAIL. */
static bool deduce(probe *p) {
  if (!talk_begin(p)) {
    return false;
  }
  if ((p->offers & OFFERS_STARTTLS) == 0) {
    p->mode = MODE_NO;
    return true;
  }
  talk_say(p, "MAIL FROM:<>\r\n");
  p->mode = talk_code(p) == 530 ? MODE_REQUIRED : MODE_PREFERRED;
  return true;
}

bool survey(probe *p) {
  p->mode = p->o->mode;
  if (p->mode == MODE_DEDUCED && p->o->is_smtps) {
    p->mode = MODE_REQUIRED;
  }
  if (p->mode == MODE_DEDUCED && !deduce(p)) {
    return false;
  }
  if (!talk_begin(p)) {
    return false;
  }
  p->takes_mail = talk_anywhere(p) && talk_envelope(p);
  p->gives_reasons = (p->offers & OFFERS_ENHANCED) != 0;
  return true;
}
