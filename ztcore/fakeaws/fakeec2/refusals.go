package fakeec2

import "github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"

func invalidParameter(format string, args ...any) error {
	return fakeaws.Error("InvalidParameterValue", format, args...)
}

func missingParameter(name string) error {
	return fakeaws.Error("MissingParameter", "The request must contain the parameter %s", name)
}

func badCombination(format string, args ...any) error {
	return fakeaws.Error("InvalidParameterCombination", format, args...)
}

// inUse refuses to delete what something else depends on.
func inUse(what, id string) error {
	return fakeaws.Error("DependencyViolation", "The %s '%s' has dependencies and cannot be deleted.", what, id)
}
