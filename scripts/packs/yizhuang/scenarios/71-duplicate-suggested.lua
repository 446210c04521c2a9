scenario "几分钟内又有人报同一处:提示疑似重复;远处、别的事不提示"

at "08:00" { report { as = "officer-1", category = "fire", title = "后山冒烟起火", place = { lon = 110.5005, lat = 27.0004 } } }
at "08:06" {
  report { as = "officer-2", category = "fire", title = "后山起火了,冒烟", place = { lon = 110.5010, lat = 27.0001 } },
  expect {
    entry = { "duplicate.suggested", count = 1 },
    heard = { dispatcher = "duplicate.suggested", ["director-t1"] = "duplicate.suggested" },
    not_heard = { ["officer-2"] = "duplicate.suggested", ["director-t2"] = "duplicate.suggested" },
  },
  expect { incident = 1, no_entry = "duplicate.suggested" },
  report { as = "officer-2", category = "fire", title = "后山冒烟起火", place = { lon = 110.5120, lat = 27.0110 } }, -- 一公里外
  expect { no_entry = "duplicate.suggested" },
  report { as = "officer-2", category = "sanitation", title = "垃圾没人清", place = { lon = 110.5005, lat = 27.0004 } }, -- 别的事
  expect { no_entry = "duplicate.suggested" },
}
-- 并案以后不再是疑似
at "08:10" { merge { incident = 2, into = 1 } }
at "08:11" {
  report { as = "officer-1", category = "fire", title = "后山冒烟起火", place = { lon = 110.5006, lat = 27.0004 } },
  expect { entry = { "duplicate.suggested", count = 1 } },
}
-- 第二天同样的话是另一件事
at "+1 09:00" {
  report { as = "officer-1", category = "fire", title = "后山冒烟起火", place = { lon = 110.5005, lat = 27.0004 } },
  expect { no_entry = "duplicate.suggested" },
}
