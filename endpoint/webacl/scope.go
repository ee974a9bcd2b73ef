package webacl

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Scope says what a web ACL can protect.
type Scope string

// Scopes, as AWS calls them.
const (
	Regional   Scope = "REGIONAL"   // load balancers, API stages, user pools and more, of the region
	CloudFront Scope = "CLOUDFRONT" // distributions; in us-east-1 only
)

// scopes are those that a region has.
func scopes(sc *ztcore.Scope) []types.Scope {
	if sc.Region == "us-east-1" {
		return []types.Scope{types.ScopeRegional, types.ScopeCloudfront}
	}
	return []types.Scope{types.ScopeRegional}
}

// elsewhere finds what is of CloudFront and not in us-east-1.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html
func elsewhere(sc *ztcore.Scope, scope Scope) []ztcore.Finding {
	if scope != CloudFront || sc.Region == "us-east-1" {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Scope", Message: "CLOUDFRONT can't be used in " + sc.Region, Fix: "plan it against us-east-1, where CloudFront's web ACLs live, or choose Regional"}}
}

// nameRE is that of web ACLs, rules and IP sets.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html
var nameRE = regexp.MustCompile(`^[\w\-]{1,128}$`)

func checkName(attribute, name string) []ztcore.Finding {
	if nameRE.MatchString(name) && name != "All" && name != "Default_Action" {
		return nil
	}
	return []ztcore.Finding{{Attribute: attribute, Message: fmt.Sprintf("%q can't be a name", name), Fix: "use 1–128 letters, digits, - and _; All and Default_Action are metrics of WAF's own"}}
}

func checkScope(scope Scope) []ztcore.Finding {
	if scope == Regional || scope == CloudFront {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Scope", Message: string(scope) + " is no scope", Fix: "use Regional or CloudFront"}}
}

func checkDescription(text string) []ztcore.Finding {
	if len(text) <= 256 {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Description", Message: "has more than 256 characters", Fix: "shorten it"}}
}

// unlessAbsent forgives that something is gone already.
func unlessAbsent(err error) error {
	var none *types.WAFNonexistentItemException
	if errors.As(err, &none) {
		return nil
	}
	return err
}

// unlessOvertaken forgives that the lock token is no longer the latest: an attempt whose answer was lost has used it, or somebody was
// first. The engine reads again, and writes again what still differs, with the token of then.
func unlessOvertaken(err error) error {
	var lock *types.WAFOptimisticLockException
	if errors.As(err, &lock) {
		return nil
	}
	return err
}

// notYet are the answers while WAF makes what it was asked for.
// https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html
var notYet = []ztcore.Retry{{Code: "WAFUnavailableEntityException"}, {Code: "WAFNonexistentItemException"}, {Code: "WAFAssociatedItemException"}}
