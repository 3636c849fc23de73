module example.test/cases

go 1.26
