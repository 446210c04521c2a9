/*
 * shape.h - what comes back of the rows that several methods answer with, beside the code that writes them
 * (wire.c and the list.c of the parts). rpc.discover makes JSON Schemas of them, and the tests hold every
 * answer to those: a member that is written but not here is found.
 */
#ifndef DISPATCH_SHAPE_H
#define DISPATCH_SHAPE_H

#define SHAPE_PLACE "{lon: number, lat: number, acc?: number}"
#define SHAPE_WHERE "{grid?: string, village?: string, township?: string, ...}"
#define SHAPE_OWNER "{level: string, org: string, name: string}"

#define SHAPE_CLOCK                                                                                          \
  "{name: string, policy: string, state: string, from_at: time, due_at: time, limit_ms: integer,"            \
  " stopped_at?: time, remaining_ms?: integer, to: string, title?: string, grace_ms?: integer,"              \
  " calendar?: string, days?: string, limit_days?: integer}"

#define SHAPE_TO "{user?: id, unit?: id, team?: id}"
#define SHAPE_TASK_MEMBERS                                                                                   \
  "id: id, incident: id, to: " SHAPE_TO ", name: string, state: string, rev: integer, note?: string,"        \
  " reason?: string, created_at: time, delivered_at?: time, seen_at?: time, accepted_at?: time,"             \
  " arrived_at?: time, fed_back_at?: time, finished_at?: time, expires_at?: time, role?: string,"            \
  " accepted_by?: id, device?: string, instead_of?: id, reassigned_to?: id, remind_ms?: integer,"            \
  " remind_times?: integer, reminded?: integer, undelivered_at?: time, checkin?: {every_ms?: integer,"       \
  " grace_ms?: integer, due_at?: time, last_at?: time, missed?: integer, raised_at?: time}"
#define SHAPE_TASK "{" SHAPE_TASK_MEMBERS "}"

#define SHAPE_REQUEST_MEMBERS                                                                                \
  "id: id, incident: id, what: string, state: string, asked_by?: string, asked_unit?: string,"               \
  " reason?: string, policy?: string, clock?: string, answered_by?: string, note?: string, by_ms?: integer," \
  " until?: time, due_at?: time, asked_at?: time, answered_at?: time, asked_by_name?: string,"               \
  " answered_by_name?: string"
#define SHAPE_COUNTERSIGN_MEMBERS                                                                            \
  "id: id, incident: id, unit?: id, name?: string, text?: string, state?: string, asked_by?: string,"        \
  " answered_by?: string, note?: string, asked_at?: time, due_at?: time, answered_at?: time,"                \
  " overdue?: boolean, asked_by_name?: string"
#define SHAPE_CARD                                                                                           \
  "{n: integer, incident: id, number: integer, level: integer, card?: string, note?: string, unit?: id,"     \
  " by?: string, answered_by?: string, answer?: string, ended?: string, title?: string,"                     \
  " incident_state?: string, unit_name?: string, by_name?: string, answered_by_name?: string,"               \
  " given_at?: time, due_at?: time, overdue_at?: time, answered_at?: time, ended_at?: time}"
#define SHAPE_CALLED                                                                                         \
  "{unit: id, name: string, state: string, came_at?: time, distance_m?: integer, by?: string,"               \
  " by_hand?: boolean, note?: string, measure?: {text: string, due_at?: time, task?: id, state: string,"     \
  " version: integer}}"
#define SHAPE_WHISTLE_MEMBERS                                                                                \
  "id: id, incident: id, number: integer, incident_title: string, category: string, level: integer,"         \
  " state: string, rev: integer, by: string, by_name?: string, by_org?: string, kind?: string, reason?: "    \
  "string,"                                                                                                  \
  " place?: " SHAPE_PLACE ", radius_m: integer, within_ms: integer, blown_at: time, due_at: time,"           \
  " ended_at?: time, outcome?: string, org: string, minutes_version: integer, units: [" SHAPE_CALLED "]"

/* Of every incident ... */
#define SHAPE_INCIDENT_MEMBERS                                                                               \
  "id: id, number: integer, rev: integer, state: string, category: string, level: integer, title: string,"   \
  " text?: string, place?: " SHAPE_PLACE ", grid: string, org: string, address?: string, reporter: string,"  \
  " source: string, card?: string, urges: integer, attachments: [string], class?: string,"                   \
  " occurred_at?: time, reported_at: time, updated_at?: time, accepted_at?: time, dispatched_at?: time,"     \
  " handled_at?: time, verified_at?: time, closed_at?: time, external_id?: string, clock_skew?: boolean,"    \
  " suspended_until?: time, rating?: {score: integer, text?: string, by?: string, at?: time},"               \
  " merged_into?: {id: id, number: integer}, merged?: [{id: id, number: integer, title: string,"             \
  " merged_at: time, ...}], where: " SHAPE_WHERE ", owner: " SHAPE_OWNER ", climb?: {ladder: string,"        \
  " level: string, asked?: string, next_at: time}, clocks?: [" SHAPE_CLOCK "], tasks?: [" SHAPE_TASK "]"
/* ... and of the one that is looked at. */
#define SHAPE_INCIDENT                                                                                       \
  "{" SHAPE_INCIDENT_MEMBERS ", reserved?: [object], whistles?: [{id: id, state: string, due_at?: time,"     \
  " units: [" SHAPE_CALLED "]}], mediations?: [object], joint?: object,"                                     \
  " requests: [{" SHAPE_REQUEST_MEMBERS "}], countersigns: [{" SHAPE_COUNTERSIGN_MEMBERS "}],"               \
  " cards: [" SHAPE_CARD "], form?: {id: id, version: integer, values: object, ...}, forms?: [object]}"
/* A line of a list (incident/brief.c): the clocks that run, the tasks of those on it. */
#define SHAPE_INCIDENT_LINE                                                                                  \
  "{id: id, number: integer, rev: integer, state: string, category: string, level: integer, title: string,"  \
  " place?: " SHAPE_PLACE ", org: string, where: " SHAPE_WHERE ", address?: string, reporter: string,"       \
  " owner: " SHAPE_OWNER ", card?: string, urges: integer, reported_at: time, suspended_until?: time,"       \
  " rating?: {score: integer}, asked: integer, clocks: [{name: string, policy: string, state: string,"       \
  " from_at: time, due_at: time, limit_ms: integer, remaining_ms?: integer, title?: string,"                 \
  " grace_ms?: integer}], tasks: [{id: id, to: " SHAPE_TO ", name: string, state: string, rev: integer,"     \
  " role?: string}]}"
#define SHAPE_INCIDENT_ROW "{" SHAPE_INCIDENT_MEMBERS "}"

#endif
