/* The Lua of scripts/lib, compiled in by policy.am. Any thread. */
#ifndef FQ_POLICY_LIB_TEXTS_H
#define FQ_POLICY_LIB_TEXTS_H

extern const char fq_lib_basics[];   /* documentation of what Lua itself gives; not run */
extern const char fq_lib_prelude[];  /* words of every policy */
extern const char fq_lib_default[];  /* the policy that decides when another has failed */
extern const char fq_lib_scenario[]; /* words of scenarios */

/* The files of scripts/templates by template; id NULL at the end. */
struct fq_lib_file {
  const char *id, *path, *text;
};
extern const struct fq_lib_file fq_lib_templates[];

#endif
