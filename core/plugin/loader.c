/*
 * dlopen, the ABI handshake, and the copy of an older table into one of our size.
 * Must not look into the table's lists (table.c does) nor know other plugins.
 * Kernel thread, before the loop runs.
 */
#include "plugin/loader.h"
#include "base/mem.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Everything up to the names has been there since ABI 1.0: a table smaller than that is no table. */
#define SIZE_LEAST offsetof(struct fq_plugin, migrations)

static const char *base_name(const char *path) {
  const char *slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

/* "skel.so: what is wrong": whoever reads it may have ten plugins. */
static enum fq_status refuse(struct fq_error *e, const struct fq_error *why, const char *path) {
  if (!e) return why->status;
  const char *file = base_name(path);
  *e = *why;
  fq_copy(e->path, sizeof e->path, path);
  char text[sizeof e->zh + 256];
  snprintf(text, sizeof text, "插件 %s 被拒绝:%s", file, why->zh);
  fq_copy(e->zh, sizeof e->zh, text);
  snprintf(text, sizeof text, "plugin %s refused: %s", file, why->en);
  fq_copy(e->en, sizeof e->en, text);
  return why->status;
}

static enum fq_status check_abi(const struct fq_plugin *p, size_t room, struct fq_error *e) {
  /* The three fields in front are the handshake and never move. */
  if (room && room < offsetof(struct fq_plugin, name))
    return fq_fail(e, FQ_E_PARAMS, "plugin.size", "", "fq_plugin 只有 %zu 字节,不是插件表",
                   "fq_plugin has %zu bytes: no plugin table", room);
  if (p->abi_major != FQ_ABI_MAJOR)
    return fq_fail(e, FQ_E_PARAMS, "plugin.abi", "",
                   "为 ABI %u.%u 编译,服务器是 %u.%u:主版本不同,请按本服务器的 fengqiao.h 重新编译",
                   "built for ABI %u.%u, the server has %u.%u: the major differs, rebuild it against this "
                   "server's fengqiao.h",
                   p->abi_major, p->abi_minor, FQ_ABI_MAJOR, FQ_ABI_MINOR);
  if (p->abi_minor > FQ_ABI_MINOR)
    return fq_fail(e, FQ_E_PARAMS, "plugin.abi", "", "为 ABI %u.%u 编译,比服务器的 %u.%u 新:请升级服务器",
                   "built for ABI %u.%u, newer than the server's %u.%u: upgrade the server", p->abi_major,
                   p->abi_minor, FQ_ABI_MAJOR, FQ_ABI_MINOR);
  if (p->size < SIZE_LEAST || p->size > sizeof *p)
    return fq_fail(
        e, FQ_E_PARAMS, "plugin.size", "",
        "size 为 %zu,ABI %u.%u 的插件表应为 %zu 到 %zu 字节:是否漏了 FQ_PLUGIN_HEAD?",
        "size is %zu, a plugin table of ABI %u.%u has %zu to %zu bytes: is FQ_PLUGIN_HEAD missing?", p->size,
        p->abi_major, p->abi_minor, SIZE_LEAST, sizeof *p);
  if (room && room < p->size)
    return fq_fail(e, FQ_E_PARAMS, "plugin.size", "", "size 为 %zu,但文件里的 fq_plugin 只有 %zu 字节",
                   "size is %zu, but fq_plugin in the file has %zu bytes", p->size, room);
  return FQ_OK;
}

/* How many bytes the file itself gives the symbol: a table that lies about its size is caught before it is
 * read. 0 when the linker did not say. */
static size_t symbol_room(const void *symbol) {
  Dl_info info;
  const ElfW(Sym) *sym = NULL;
  if (!dladdr1(symbol, &info, (void **)&sym, RTLD_DL_SYMENT) || !sym) return 0;
  return sym->st_size;
}

enum fq_status fq_plugin_load(const char *path, struct fq_loaded *out, struct fq_error *e) {
  struct fq_error why = {0};
  memset(out, 0, sizeof *out);
  struct stat st;
  if (stat(path, &st) != 0 || !S_ISREG(st.st_mode)) {
    fq_fail(&why, FQ_E_NOT_FOUND, "plugin.missing", path, "没有这个文件", "no such file");
    return refuse(e, &why, path);
  }
  /* NOW: a missing function is found here and not in the middle of an incident. LOCAL: two plugins may use
   * the same names inside. A path without a slash would be looked up along the library path. */
  char *file = strchr(path, '/') ? fq_strdup(path) : fq_printf("./%s", path);
  void *handle = dlopen(file, RTLD_NOW | RTLD_LOCAL);
  free(file);
  if (!handle) {
    const char *said = dlerror();
    fq_fail(&why, FQ_E_PARAMS, "plugin.open", path, "打不开:%s", "cannot be opened: %s", said ? said : "?");
    return refuse(e, &why, path);
  }
  const struct fq_plugin *given = dlsym(handle, "fq_plugin");
  if (!given) {
    fq_fail(&why, FQ_E_PARAMS, "plugin.symbol", path,
            "没有导出符号 fq_plugin:插件表要用 FQ_PLUGIN = {…} 声明",
            "exports no symbol fq_plugin: declare the table with FQ_PLUGIN = {...}");
    return refuse(e, &why, path);
  }
  if (check_abi(given, symbol_room(given), &why) != FQ_OK) return refuse(e, &why, path);
  struct fq_plugin *copy = fq_alloc(sizeof *copy); /* zeroed: fields an older plugin does not know */
  memcpy(copy, given, given->size);
  copy->size = sizeof *copy;
  if (fq_plugin_check(copy, &why) != FQ_OK) {
    free(copy);
    return refuse(e, &why, path);
  }
  out->table = copy;
  fq_copy(out->path, sizeof out->path, path);
  return FQ_OK;
}

void fq_loaded_free(struct fq_loaded *l) {
  free(l->table);
  memset(l, 0, sizeof *l);
}
