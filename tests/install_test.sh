#!/bin/sh
# Installs shako into a temporary prefix and uses it through pkg-config, and
# then as a Meson subproject.  Nothing is fetched.
#
#   install_test.sh SOURCE_FOLDER yes|no yes|no
#                                   (is there the engine over mbed TLS, OpenSSL?)
set -eu

source=$1
mbedtls=$2
openssl=$3
cc=${CC:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

step() { printf '== %s\n' "$*"; }
die() {
  printf 'FAILED: %s\n' "$*" >&2
  exit 1
}
quietly() { # what a command says is shown only if it fails
  timeout 200 "$@" >"$work/log" 2>&1 || {
    cat "$work/log" >&2
    die "$*"
  }
}

# A program that needs the core (and the engine), and says the version.
cat >"$work/consumer.c" <<'END'
#include <stdio.h>
#include <shako/shako.h>
#ifdef WITH_MBEDTLS
#include <shako/mbedtls.h>
#endif
#ifdef WITH_OPENSSL
#include <shako/openssl.h>
#endif

int main(void) {
  shako_listener_config config;
  shako_listener *listener = NULL;
  const char *reason = NULL;
  uint32_t version = shako_version();
#ifdef WITH_MBEDTLS
  if (shako_mbedtls_engine()->version != SHAKO_TLS_ENGINE_VERSION)
    return 2;
#endif
#ifdef WITH_OPENSSL
  if (shako_openssl_engine()->version != SHAKO_TLS_ENGINE_VERSION)
    return 3;
#endif
  shako_listener_config_default(&config);
  config.hostname = "mx.example";
  if (version != SHAKO_VERSION_NUMBER ||
      shako_listener_new(&listener, &config, NULL, &reason) != 0)
    return 1;
  shako_listener_unref(listener);
  printf("%u.%u.%u\n", (unsigned)(version >> 16),
         (unsigned)(version >> 8 & 0xff), (unsigned)(version & 0xff));
  return 0;
}
END

consume() { # NAME FLAG: through pkg-config
  step "a program through pkg-config $1"
  # shellcheck disable=SC2046,SC2086 # a list of words each
  quietly $cc -std=c99 -Wall -Werror $2 -o "$work/consumer" \
    "$work/consumer.c" $(pkg-config --cflags --libs "$1")
  said=$("$work/consumer") || die "the program ended with $?"
  [ "$said" = "$(pkg-config --modversion "$1")" ] ||
    die "the program says $said, pkg-config $(pkg-config --modversion "$1")"
}

step "install"
quietly meson setup "$work/build" "$source" --prefix "$work/prefix" \
  --libdir lib --wrap-mode nodownload
quietly meson compile -C "$work/build" shako
if [ "$mbedtls" = yes ]; then
  quietly meson compile -C "$work/build" shako-mbedtls
fi
if [ "$openssl" = yes ]; then
  quietly meson compile -C "$work/build" shako-openssl
fi
quietly meson install -C "$work/build" --no-rebuild
export PKG_CONFIG_PATH="$work/prefix/lib/pkgconfig:${PKG_CONFIG_PATH:-}"
libdir=$(pkg-config --variable=libdir mbedtls 2>/dev/null || true)
export LD_LIBRARY_PATH="$work/prefix/lib:$libdir"
[ -f "$work/prefix/share/man/man7/shako.7" ] || die "no shako.7"
consume shako ''
if [ "$mbedtls" = yes ]; then
  [ -f "$work/prefix/include/shako/mbedtls.h" ] || die "no shako/mbedtls.h"
  consume shako-mbedtls -DWITH_MBEDTLS
fi
if [ "$openssl" = yes ]; then
  [ -f "$work/prefix/include/shako/openssl.h" ] || die "no shako/openssl.h"
  consume shako-openssl -DWITH_OPENSSL
fi

step "subproject"
mkdir -p "$work/outer/subprojects"
ln -s "$source" "$work/outer/subprojects/shako"
cp "$work/consumer.c" "$work/outer/consumer.c"
cat >"$work/outer/meson.build" <<'END'
project('outer', 'c', default_options: ['c_std=c11', 'warning_level=2'])
executable('consumer', 'consumer.c',
  dependencies: dependency('shako', fallback: 'shako'))
END
quietly meson setup "$work/outer/build" "$work/outer" \
  --wrap-mode nodownload --force-fallback-for shako,shako-mbedtls
quietly meson compile -C "$work/outer/build" consumer
said=$(LD_LIBRARY_PATH='' "$work/outer/build/consumer") ||
  die "the program of the outer project ended with $?"
printf 'ok: shako %s installs, and is a subproject\n' "$said"
