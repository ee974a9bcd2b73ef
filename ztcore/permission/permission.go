// Package permission says which IAM actions an operation of AWS asks for: the one table that the engine explains denials with, that
// kinds are held to, and that the in-memory AWS enforces.
//
// Its source is the Service Authorization Reference, with the actions it calls dependent, and where that is silent the API's
// own page, which is named beside the rule. Where AWS has a rule that neither tells, it is missing here.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
package permission

import (
	"slices"
	"strings"
)

// PassRole is the one action whose resource matters to everyone: a role that may be handed to a service is a right of its own.
const PassRole = "iam:PassRole"

// Ask is one action that a request asks for.
type Ask struct {
	Action string // "ec2:CreateVpc"
	// Role is the role that PassRole is about: its ARN, its name, or the name or ARN of the instance profile that holds it.
	Role string
}

// Asks lists the actions that a request asks for, the operation's own first, each once and for PassRole once for each role. service
// is the SDK's service id, as "EC2"; input is the SDK's input struct, a pointer to it, or nil. It is empty for what every caller may do.
func Asks(service, operation string, input any) []Ask {
	var out []Ask
	add := func(a Ask) {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	for _, a := range own(service, operation) {
		add(Ask{Action: a})
	}
	for _, d := range dependents()[service+"."+operation] {
		for _, a := range d.asks(input) {
			add(a)
		}
	}
	return out
}

// Actions is Asks without the roles, each action once.
func Actions(service, operation string, input any) []string {
	var out []string
	for _, a := range Asks(service, operation, input) {
		if !slices.Contains(out, a.Action) {
			out = append(out, a.Action)
		}
	}
	return out
}

// Possible lists all actions that an operation may ask for, whatever its input, the operation's own first.
func Possible(service, operation string) []string {
	out := own(service, operation)
	for _, d := range dependents()[service+"."+operation] {
		if !slices.Contains(out, d.action) {
			out = append(out, d.action)
		}
	}
	return out
}

// Service is the part of an action before the colon.
func Service(action string) string {
	prefix, _, _ := strings.Cut(action, ":")
	return prefix
}
