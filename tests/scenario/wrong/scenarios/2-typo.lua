scenario "写错了字"
at "08:00" {
  report { as = "officer-1", category = "fire", title = "冒烟" },
  expect { stat = "closed" },
}
