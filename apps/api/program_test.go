package main

import (
	"testing"

	"github.com/marketbrewer/marketbrewer/apps/internal/functiontest"
)

func TestTheProgramAsksForWork(t *testing.T) {
	functiontest.AsksForWork(t, environ(), main)
}
