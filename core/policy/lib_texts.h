/* The Lua of scripts/lib, compiled in by policy.am. Any thread. */
#ifndef FQ_POLICY_LIB_TEXTS_H
#define FQ_POLICY_LIB_TEXTS_H

extern const char fq_lib_prelude[];  /* words of every policy */
extern const char fq_lib_default[];  /* the policy that decides when another has failed */
extern const char fq_lib_scenario[]; /* words of scenarios */

#endif
