#include "fetch.h"

#include <stdio.h>

#include <curl/curl.h>

#include "../shakod/log.h"

#define TIME_MAX        10L /* seconds */
#define SIZE_MAX_OCTETS (16u * 1024 * 1024)

/* What libcurl calls with each piece; another number than it gave ends it. */
static size_t take(char *octets, size_t size, size_t count, void *ctx) {
  buffer *to = ctx;

  if (to->len + size * count > SIZE_MAX_OCTETS) {
    return 0;
  }

  buffer_add_span(to, (shako_span){(const uint8_t *)octets, size * count});

  return to->failed ? 0 : count;
}

/* Sets what a request is to be: nothing but this address is asked. */
static CURLcode prepare(CURL *curl, const char *url, buffer *to) {
  const struct {
    CURLoption option;
    const char *text;
  } texts[] = {
      {CURLOPT_URL, url}, {CURLOPT_PROXY, ""}, {CURLOPT_USERAGENT, "shakoctl"}};
  const struct {
    CURLoption option;
    long number;
  } numbers[] = {{CURLOPT_TIMEOUT, TIME_MAX},
                 {CURLOPT_FAILONERROR, 1},
                 {CURLOPT_NOSIGNAL, 1}};
  CURLcode error = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
  size_t i;

  for (i = 0; i < 3 && error == CURLE_OK; i++) {
    error = curl_easy_setopt(curl, texts[i].option, texts[i].text);
    if (error == CURLE_OK) {
      error = curl_easy_setopt(curl, numbers[i].option, numbers[i].number);
    }
  }

  return error == CURLE_OK ? curl_easy_setopt(curl, CURLOPT_WRITEDATA, to)
                           : error;
}

bool fetch(buffer *to, const char *address, const char *path) {
  CURL *curl = curl_easy_init();
  CURLcode error = CURLE_OUT_OF_MEMORY;
  char url[2048];

  snprintf(url, sizeof(url), "http://%s%s", address, path);
  if (curl != NULL) {
    error = prepare(curl, url, to);
    error = error == CURLE_OK ? curl_easy_perform(curl) : error;
    curl_easy_cleanup(curl);
  }

  if (error != CURLE_OK) {
    log_line("%s: %s", url, curl_easy_strerror(error));
  }

  return error == CURLE_OK;
}
