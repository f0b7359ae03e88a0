#include <openssl/bio.h>
#include <openssl/err.h>
#include <string.h>

#include "wire.h"

/* Sends what TLS has to send. */
static void flush(wire *w) {
  uint8_t octets[16384];
  int n;

  while ((n = BIO_read(SSL_get_wbio(w->ssl), octets, sizeof(octets))) > 0) {
    wire__push(w, octets, (size_t)n);
  }
}

/* Answers a close_notify: some wait for that before they end the stream. */
static void answer_end(wire *w) {
  if ((SSL_get_shutdown(w->ssl) & SSL_SENT_SHUTDOWN) == 0) {
    SSL_shutdown(w->ssl);
    flush(w);
  }
}

void wire__decrypt(wire *w, const uint8_t *octets, size_t len) {
  uint8_t clear[16384];
  int n;

  BIO_write(SSL_get_rbio(w->ssl), octets, (int)len);
  if (!w->is_open) {
    return;
  }
  while ((n = SSL_read(w->ssl, clear, sizeof(clear))) > 0) {
    wire__keep(w, clear, (size_t)n);
  }
  if (SSL_get_error(w->ssl, n) == SSL_ERROR_ZERO_RETURN) {
    answer_end(w);
  }
  ERR_clear_error();
}

void wire__encrypt(wire *w, const void *octets, size_t len) {
  SSL_write(w->ssl, octets, (int)len);
  ERR_clear_error();
  flush(w);
}

void wire_expect_tls(wire *w) {
  w->is_tls = true;
  records_feed(&w->records, w->in, w->in_len);
  if (w->ssl != NULL) {
    BIO_write(SSL_get_rbio(w->ssl), w->in, (int)w->in_len);
  }
  w->in_len = 0;
}

static bool make_ssl(wire *w, const wire_tls *how) {
  const char *name = how->name != NULL ? how->name : w->to->name;
  BIO *in = BIO_new(BIO_s_mem());
  BIO *out = BIO_new(BIO_s_mem());

  w->ssl = SSL_new(w->to->tls);
  if (w->ssl == NULL || in == NULL || out == NULL) {
    BIO_free(in);
    BIO_free(out);
    return false;
  }
  SSL_set_bio(w->ssl, in, out);
  SSL_set_connect_state(w->ssl);
  if (how->version != 0) {
    SSL_set_min_proto_version(w->ssl, how->version);
    SSL_set_max_proto_version(w->ssl, how->version);
  }
  if (how->alpn != NULL) {
    SSL_set_alpn_protos(w->ssl, how->alpn, how->alpn_len);
  }
  return name == NULL || SSL_set_tlsext_host_name(w->ssl, name) == 1;
}

size_t wire_begin_tls(wire *w, const wire_tls *how,
                      uint8_t out[FIRST_FLIGHT_MAX]) {
  int n;

  if (!make_ssl(w, how)) {
    return 0;
  }
  SSL_do_handshake(w->ssl);
  ERR_clear_error();
  n = BIO_read(SSL_get_wbio(w->ssl), out, FIRST_FLIGHT_MAX);
  return n > 0 ? (size_t)n : 0;
}

bool wire_go_on(wire *w) {
  int done;

  if (!w->is_tls) {
    wire_expect_tls(w);
  }
  while ((done = SSL_do_handshake(w->ssl)) != 1 &&
         SSL_get_error(w->ssl, done) == SSL_ERROR_WANT_READ) {
    flush(w);
    if (!wire_receive(w)) {
      return false;
    }
  }
  ERR_clear_error();
  flush(w);
  w->is_open = done == 1;
  if (w->is_open) {
    wire__decrypt(w, NULL, 0); /* what came with the last flight */
  }
  return w->is_open;
}

/* Sends a flight of one record as many, in segments of their own. */
static void send_pieces(wire *w, const uint8_t *record, size_t len,
                        size_t piece) {
  size_t at;

  for (at = 5; at < len; at += piece) {
    size_t size = len - at < piece ? len - at : piece;
    uint8_t part[5 + FIRST_FLIGHT_MAX];

    memcpy(part, record, 3);
    part[3] = (uint8_t)(size >> 8);
    part[4] = (uint8_t)size;
    memcpy(part + 5, record + at, size);
    wire__push(w, part, 5 + size);
    wire_pause(w);
  }
}

bool wire_handshake(wire *w, const wire_tls *how) {
  uint8_t flight[FIRST_FLIGHT_MAX];
  size_t len = wire_begin_tls(w, how, flight);

  if (len == 0) {
    return false;
  }
  wire_expect_tls(w);
  if (how->piece != 0) {
    send_pieces(w, flight, len, how->piece);
  } else {
    wire__push(w, flight, len);
  }
  return wire_go_on(w);
}

void wire_notify(wire *w) {
  SSL_shutdown(w->ssl);
  ERR_clear_error();
  flush(w);
}
