scenario "时间不对"
at "八点" { report {} }
