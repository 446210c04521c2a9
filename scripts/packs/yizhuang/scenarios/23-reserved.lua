scenario "预留:手上的事办完就归这件,别的事不再派他"

off_duty { "officer-2", "officer-3" }

at "08:00" { report { as = "officer-1", category = "fire", grid = "g1", title = "第一件" }, accept { as = "officer-1" } }
off_duty "officer-1"
at "08:01" { report { as = "officer-1", category = "fire", grid = "g1", title = "第二件" }, expect { task = false } }
on_duty "officer-1"
at "08:02" {
  call { "incident.reserve", as = "dispatcher", params = { id = true, user = "officer-1", note = "他最熟" } },
  expect { heard = { ["officer-1"] = "reserve.made" } },
  report { as = "officer-2", category = "fire", grid = "g1", title = "第三件" },
  expect { task = false }, -- 他在岗、也还有余力,但已为第二件预留
}
at "08:04" {
  feedback { as = "officer-1", incident = 1 },
  finish { as = "officer-1", incident = 1 },
  expect { incident = 2, entries = { { "reserve.ready", count = 1 }, { "reserve.fulfilled", count = 1 } }, task = { to = "officer-1", state = "sent" } },
}
