/* fengqiao pack keygen, sign, verify: see core/policy/signature.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sign.h"
#include "main/cmd_pack.h"
#include "policy/luaconf.h"
#include "policy/signature.h"

static int fail(const char *path, const char *zh, const char *en) {
  struct fq_error e = {0};
  fq_fail(&e, FQ_E_PARAMS, "pack.key", path, "%s", "%s", "");
  fq_copy(e.zh, sizeof e.zh, zh);
  fq_copy(e.en, sizeof e.en, en);
  return fq_complain(&e);
}

/* Never over something that is there: a key that is gone cannot be had back. */
static int write_new(const char *path, const char *text, mode_t mode) {
  int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  size_t len = strlen(text);
  bool ok = fd >= 0 && write(fd, text, len) == (ssize_t)len;
  int why = errno;
  if (fd >= 0 && fchmod(fd, mode)) ok = false, why = errno;
  if (fd >= 0 && close(fd)) ok = false, why = errno;
  if (ok) return EXIT_DONE;
  struct fq_error e = {0};
  fq_fail(&e, FQ_E_STORAGE, "file", path, "无法写入:%s", "cannot write: %s", strerror(why));
  return fq_complain(&e);
}

int fq_pack_keygen(int argc, char **argv) {
  char *private, *public, *path, id[FQ_SHA256_HEX];
  if (argc != 2) return fq_usage(&fq_command_pack, stderr);
  path = fq_printf("%s.pub", argv[1]);
  fq_key_make(&private, &public);
  int code = write_new(argv[1], private, 0600);
  if (!code) code = write_new(path, public, 0644);
  if (!code) {
    fq_key_id(public, id);
    printf("%s\n%s\n密钥指纹 / key: %s\n", argv[1], path, id);
  }
  explicit_bzero(private, strlen(private));
  free(private);
  free(public);
  free(path);
  return code;
}

/* Name, version and digest are all a signature needs: the pack is not compiled here. */
static bool read_pack(const char *dir, fq_json **whole, struct fq_pack *out, struct fq_error *e) {
  *whole = fq_pack_read(dir, e);
  if (!*whole) return false;
  const fq_json *files = fq_json_get(*whole, "files");
  const char *text = fq_json_str(files, "pack.lua");
  fq_json *meta = fq_luaconf_load("pack.lua", text, strlen(text), NULL, e);
  const char *version = fq_json_str(meta, "version");
  fq_copy(out->name, sizeof out->name, fq_json_str(*whole, "pack"));
  fq_copy(out->version, sizeof out->version, version ? version : "");
  fq_pack_digest(files, out->digest);
  fq_json_free(meta);
  return true;
}

const char *fq_pack_option(int *argc, char **argv, const char *name) {
  for (int i = 1; i + 1 < *argc; i++) {
    if (strcmp(argv[i], name)) continue;
    const char *value = argv[i + 1];
    memmove(argv + i, argv + i + 2, (size_t)(*argc - i - 1) * sizeof *argv);
    *argc -= 2;
    return value;
  }
  return NULL;
}

int fq_pack_sign(int argc, char **argv) {
  const char *key = fq_pack_option(&argc, argv, "--key"), *signer = fq_pack_option(&argc, argv, "--signer");
  struct fq_error e = {0};
  struct fq_pack pack = {0};
  fq_json *whole = NULL;
  size_t len;
  if (argc != 2 || !key) return fq_usage(&fq_command_pack, stderr);
  if (!signer) signer = getenv("USER") ? getenv("USER") : "unknown";
  char *pem = fq_read_file(key, &len, &e), *text = NULL,
       *path = fq_printf("%s/%s", argv[1], FQ_PACK_SIGNATURE);
  int code = EXIT_DONE;
  if (!pem || !read_pack(argv[1], &whole, &pack, &e)) {
    code = fq_complain(&e);
  } else if (!(text = fq_signature_make(&pack, pem, signer))) {
    code = fail(key, "不是 Ed25519 私钥(fengqiao pack keygen 写出的那种)",
                "no Ed25519 private key (such as fengqiao pack keygen writes)");
  } else {
    unlink(path); /* a signature is made anew with each version */
    code = write_new(path, text, 0644);
    if (!code) printf("%s  %s@%s  %.16s…\n", path, pack.name, pack.version, pack.digest);
  }
  if (pem) explicit_bzero(pem, len);
  free(pem);
  free(text);
  free(path);
  fq_json_free(whole);
  return code;
}

/* Whose keys count: the one named, or those the county trusts. */
static int trusted(const struct common *c, const struct fq_signature *s, const char *key) {
  char id[FQ_SHA256_HEX] = "";
  size_t len;
  struct fq_error e = {0};
  if (key) {
    char *pem = fq_read_file(key, &len, &e);
    if (!pem) return fq_complain(&e);
    bool same = fq_key_id(pem, id) && !strcmp(id, s->key);
    free(pem);
    return same ? EXIT_DONE : fail(key, "不是用这把密钥签的", "not signed with this key");
  }
  int code;
  fq_json *result = fq_local_ask(c, true, "pack.keys", fq_json_object(), &code, &e);
  if (!result) return code >= 0 ? code : fq_complain(&e);
  code = EXIT_FAILED;
  fq_json_each(row, fq_json_get(result, "rows")) if (!strcmp(fq_json_str(row, "key"), s->key)) code =
      EXIT_DONE;
  if (code)
    fail(FQ_PACK_SIGNATURE, "签名相符,但密钥不在本县信任之列", "it fits, but its key is not trusted here");
  fq_json_free(result);
  return code;
}

int fq_pack_verify(const struct common *c, const char *dir, const char *key) {
  struct fq_error e = {0};
  struct fq_pack pack = {0};
  struct fq_signature s;
  fq_json *whole = NULL;
  if (!read_pack(dir, &whole, &pack, &e)) return fq_complain(&e);
  fq_signature_read(&pack, fq_json_get(whole, "files"), &s);
  fq_json_free(whole);
  if (!s.present) return fail(dir, "没有签名(pack.sig)", "not signed: there is no pack.sig");
  if (!s.fits)
    return fail(dir, "签名与内容不符:签名之后有文件改动过",
                "the signature does not fit: a file has changed since");
  printf("%s@%s  %s  %s\n", pack.name, pack.version, s.signer, s.key);
  return trusted(c, &s, key);
}
