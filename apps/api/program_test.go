package main

import (
	"testing"

	"github.com/marketbrewer/marketbrewer/apps/internal/functiontest"
)

func TestTheProgramAsksForWork(t *testing.T) {
	functiontest.AsksForWork(t, environ("http://127.0.0.1:1"), main)
}
