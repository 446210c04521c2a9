/* fengqiao load: hands over to the load generator, a program of its own so that the server links no client.
 */
#include "main/main.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "main/loader_path.h"

static int run(int argc, char **argv) {
  char *path = fq_load_program();
  argv[0] = path;
  execv(path, argv);
  fprintf(stderr, "fengqiao load: 找不到 %s / cannot run it\n", path);
  free(path);
  return EXIT_FAILED;
}

const struct command fq_command_load = {"load", run, "模拟成千上万的终端",
                                        "terminals by the thousand against a server",
                                        "see fengqiao load --help\n"};
