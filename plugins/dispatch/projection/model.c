/*
 * model.c - the model's table: see projection.h.
 */
#include "projection/projection.h"

const struct fq_projection_model pj_model = {
    .memory = pj_memory,
    .see = pj_see,
    .forget = pj_forget,
    .fact = pj_fact,
    .learn = pj_learn,
    .unlearn = pj_unlearn,
    .begin = pj_begin,
    .answer = pj_answer,
    .act = pj_act,
    .outcome = pj_outcome,
    .compare = pj_compare,
};
