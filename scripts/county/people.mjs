// The demo accounts: posts of the county, a director a township, a desk a department, an officer a grid.
// Names are made from lists by a fixed seed: they belong to nobody. Knows ids and skills, no geometry.
import { random } from './geometry.mjs';

const SURNAMES = [...'刘李王张陈杨肖曾尹谢袁唐邓向林付萧黄周吴谭彭罗欧曹易姚方廖雷蒋钟龙夏贺'];
const MALE = [...'建国军平华文明辉波勇斌涛海林松柏志强正义成新良德友根生福贵宏伟光亮安民长江河山春雷'];
const FEMALE = [...'秀英红梅兰芳玉珍桂香艳霞丽娟爱莲春花燕群翠云美玲小满金凤雪晴月娥慧敏静'];

/* Always two given characters: the short names are the ones public figures bear. */
function nameMaker(rand) {
  const taken = new Set();
  const one = (list) => list[Math.floor(rand() * list.length)];
  return () => {
    for (;;) {
      const given = rand() < 0.62 ? MALE : FEMALE;
      const first = one(given);
      const second = one(given);
      if (first === second) continue;
      const name = one(SURNAMES) + first + second;
      if (taken.has(name)) continue;
      taken.add(name);
      return name;
    }
  };
}

/* Skills are dealt from shuffled decks that run on from officer to officer within a township, so ten
 * skills in a row cover every category however small the township is. */
function skillDealer(skills, rand) {
  let deck = [];
  return (count) => {
    const hand = new Set();
    while (hand.size < count) {
      if (!deck.length) {
        deck = [...skills];
        for (let i = deck.length - 1; i > 0; i--) {
          const j = Math.floor(rand() * (i + 1));
          [deck[i], deck[j]] = [deck[j], deck[i]];
        }
      }
      const next = deck.findIndex((s) => !hand.has(s));
      if (next < 0) {
        deck = [];
        continue;
      }
      hand.add(deck.splice(next, 1)[0]);
    }
    return skills.filter((s) => hand.has(s));
  };
}

/* How many skills an officer holds, and how many open tasks at once: most are generalists. */
const pickCount = (r) => (r < 0.12 ? 1 : r < 0.42 ? 2 : r < 0.78 ? 3 : 4);
const pickCapacity = (r) => (r < 0.2 ? 2 : r < 0.7 ? 3 : r < 0.92 ? 4 : 5);

export function makeUsers(county, units, skills) {
  const rand = random(430525 + 7);
  const nextName = nameMaker(rand);
  const users = [];
  const post = (name, display, roles, org) =>
    users.push({ name, display, roles, org, skills: '', capacity: '' });

  post('admin', '系统管理员', 'admin.system', county);
  post('security', '安全管理员', 'admin.security', county);
  post('auditor', '审计管理员', 'admin.audit', county);
  post('commander', `指挥长 ${nextName()}`, 'commander', county);
  post('dispatcher', `调度员 ${nextName()}`, 'dispatcher', county);
  post('dispatcher2', `调度员 ${nextName()}`, 'dispatcher', county);
  const townships = units.filter((u) => u.kind === 'township');
  for (const t of townships) post(`director-${t.id}`, `${t.name}中心主任 ${nextName()}`, 'director', t.id);
  for (const d of units.filter((u) => u.kind === 'department')) {
    post(`department-${d.id.slice(-2)}`, `${d.name}值班室`, 'department', d.id);
  }
  let number = 0;
  for (const t of townships) {
    const deal = skillDealer(skills, rand);
    for (const g of units.filter((u) => u.kind === 'grid' && u.id.startsWith(t.id.slice(0, 9)))) {
      users.push({
        name: `officer-${String(++number).padStart(4, '0')}`,
        display: nextName(),
        roles: 'officer',
        org: g.id,
        skills: deal(pickCount(rand())).join(';'),
        capacity: pickCapacity(rand()),
      });
    }
  }
  return users;
}
