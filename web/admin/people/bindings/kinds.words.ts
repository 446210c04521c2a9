// The kinds that the server knows without any pack (plugins/dispatch/people/binding.c).

export const BINDING_KINDS: [string, string, string][] = [
  ["county_leader", "县级领导联点", "county leader of a village"],
  ["township_cadre", "乡镇干部包片", "township cadre of an area"],
  ["village_committee", "村两委包组", "village committee member of a group"],
  ["group_head", "组长联户", "group head of households"],
  ["community_cadre", "社区干部包楼栋", "community cadre of a building"],
  ["party_member", "党员联人", "party member of a person"],
  ["household", "户长", "household head"],
  ["courtyard", "院落长", "courtyard head"],
  ["grid_head", "网格长", "grid head"],
  ["village_head", "村长", "village head"],
  ["police_post", "派出所所长", "head of the police post"],
  ["township_head", "乡长", "township head"],
];
