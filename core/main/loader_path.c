/* Where the load generator is: see loader_path.h. */
#include "main/loader_path.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"

char *fq_load_program(void) {
  const char *told = getenv("FENGQIAO_LOAD");
  if (told) return fq_strdup(told);
  char self[4096];
  ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
  if (n > 0) {
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    static const char *const beside[] = {"tools/load/fengqiao-load",
                                         "../tools/load/fengqiao-load"}; /* the latter from .libs */
    for (size_t i = 0; i < 2; i++) {
      char *path = fq_printf("%s/%s", self, beside[i]);
      if (access(path, X_OK) == 0) return path;
      free(path);
    }
  }
  return fq_strdup(FQ_PKGLIBEXECDIR "/fengqiao-load");
}
