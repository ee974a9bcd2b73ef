//go:build race

package main

// raced tells the exhaustive tests that run on one goroutine to take a part: the race detector makes them many times slower, and has
// nothing to find in them.
const raced = true
