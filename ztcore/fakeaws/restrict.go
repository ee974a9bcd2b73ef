package fakeaws

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/seed-08ecc977/zerotrust/ztcore/permission"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// restriction is what a caller is held to, with what was decided so far.
type restriction struct {
	documents []policy.Document
	mu        sync.Mutex
	decided   map[question]string // why not, "" if it is allowed
}

type question struct {
	ask    permission.Ask
	region string
}

// Restrict holds a caller to identity policies from now on, as if it had no others: a request is answered only if they allow every action
// that package permission says it asks for, and else denied as its service does. None deny everything but sts:GetCallerIdentity. It
// replaces what the caller was held to before; Unrestrict lifts it. Callers are unrestricted unless this is called, and what services
// do among themselves always is.
//
// Actions are asked for on the resource "*", and iam:PassRole on the role, so that a statement about any other resource allows nothing here.
// Of condition keys aws:SecureTransport, aws:RequestedRegion and those that follow from the caller's ARN are known. Resource policies,
// permissions boundaries and service control policies do not take part. A document that AWS would not take panics.
func (c *Cloud) Restrict(callerARN string, documents ...policy.Document) {
	r := &restriction{documents: slices.Clone(documents), decided: map[question]string{}}
	if _, err := policy.Evaluate(policy.Request{Principal: callerARN, Action: "sts:GetCallerIdentity", Resource: "*", Complete: true}, policy.Policies{Identity: r.documents}); err != nil {
		panic(fmt.Sprintf("fakeaws: Restrict of %s: %v", callerARN, err))
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.restricted[callerARN] = r
}

// Unrestrict ends a Restrict.
func (c *Cloud) Unrestrict(callerARN string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.restricted, callerARN)
}

// authorize is the answer to a call that its caller may not make. It runs inside the request, since roles are looked up.
func (c *Cloud) authorize(ctx context.Context, call Call) error {
	c.mu.Lock()
	r := c.restricted[call.Caller.ARN]
	c.mu.Unlock()
	if r == nil {
		return nil
	}
	for _, ask := range permission.Asks(call.Service, call.Operation, call.Input) {
		if ask.Action == permission.PassRole {
			ask.Role = c.passed(ctx, call, ask.Role)
		}
		if why := r.refuses(call, ask); why != "" {
			return denial(call, ask, why)
		}
	}
	return nil
}

// refuses says why an action is not allowed, as AWS does.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
func (r *restriction) refuses(call Call, ask permission.Ask) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := question{ask, call.Region}
	why, ok := r.decided[q]
	if ok {
		return why
	}
	decision, err := policy.Evaluate(policy.Request{
		Principal: call.Caller.ARN, Action: ask.Action, Resource: resource(ask), Complete: true,
		Context: map[string][]string{"aws:SecureTransport": {"true"}, "aws:RequestedRegion": {call.Region}},
	}, policy.Policies{Identity: r.documents})
	switch {
	case err != nil:
		why = err.Error()
	case decision.Outcome == policy.Allowed:
	case decision.Statement >= 0:
		why = "with an explicit deny in an identity-based policy"
	default:
		why = "because no identity-based policy allows the " + ask.Action + " action"
	}
	r.decided[q] = why
	return why
}

func resource(ask permission.Ask) string {
	if ask.Role != "" {
		return ask.Role
	}
	return "*"
}

// passed is the ARN of a role that a request names by its ARN or name, or by its instance profile's. One that does not exist is asked
// for all the same, as AWS checks rights before it looks.
func (c *Cloud) passed(ctx context.Context, call Call, named string) string {
	if strings.Contains(named, ":role/") {
		return named
	}
	if profiles, ok := Capability[InstanceProfiles](c); ok && call.Service == "EC2" {
		if _, _, role, _, ok := profiles.InstanceProfile(ctx, named); ok && role != "" {
			return role
		}
	}
	if roles, ok := Capability[Roles](c); ok {
		if arn, ok := roles.Role(ctx, named[strings.LastIndexByte(named, '/')+1:]); ok {
			return arn
		}
	}
	return "arn:" + call.Partition() + ":iam::" + call.Account + ":role/" + named
}

// inXML are the services that answer a denial with the code AccessDenied; those that speak JSON say AccessDeniedException.
var inXML = []string{"Auto Scaling", "CloudFormation", "CloudWatch", "Elastic Load Balancing v2", "IAM", "S3", "S3 Control", "STS"}

// denial is how a service puts it. S3 answers HEAD without a body, so that the action is not named.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
// https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
func denial(call Call, ask permission.Ask, why string) error {
	text := fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s %s", call.Caller.ARN, ask.Action, resource(ask), why)
	code := "AccessDeniedException"
	switch {
	case call.Service == "EC2":
		code, text = "UnauthorizedOperation", "You are not authorized to perform this operation. "+text
	case call.Service == "SNS":
		code = "AuthorizationError"
	case call.Service == "S3" && strings.HasPrefix(call.Operation, "Head"):
		code, text = "Forbidden", "Forbidden"
	case slices.Contains(inXML, call.Service):
		code = "AccessDenied"
	}
	return Status(http.StatusForbidden, Error(code, "%s", text))
}
