scenario "缺括号"
at "08:00" {
  report { as = "officer-1"
}
