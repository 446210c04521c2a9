/* Where the load generator is: $FENGQIAO_LOAD, beside this program in a build tree, or where make install put
 * it. */
#ifndef FQ_MAIN_LOADER_PATH_H
#define FQ_MAIN_LOADER_PATH_H

char *fq_load_program(void); /* the caller frees */

#endif
