module github.com/goodtenant/goodtenant/examples

go 1.26.0

require github.com/goodtenant/goodtenant v0.0.0

replace github.com/goodtenant/goodtenant => ../
