package iam

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// AWSManaged is the ARN of a policy that AWS maintains, in the partition that is planned against, by its name with its
// path if it has one: AmazonS3ReadOnlyAccess, job-function/ViewOnlyAccess.
func AWSManaged(name string) id.PolicyARN {
	return id.PolicyARN("arn:" + ztcore.Partition + ":iam::aws:policy/" + name)
}

// arnOf is what IAM calls an object of the account: the resource is the type with path and name, as role/service/Name.
func arnOf(sc *ztcore.Scope, resource string) string {
	return fmt.Sprintf("arn:%s:iam::%s:%s", sc.Partition, sc.Account, resource)
}

// nameIn is the name at the end of an ARN of IAM.
func nameIn(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
var (
	nameRE      = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]+$`)
	pathRE      = regexp.MustCompile(`^/([\x21-\x7e]+/)?$`)
	policyARNRE = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(aws|[0-9]{12}):policy/[\x21-\x7e]+$`)
)

// rootPath is where IAM puts what is given no path.
const rootPath = "/"

func checkName(name string, longest int) []ztcore.Finding {
	if nameRE.MatchString(name) && len(name) <= longest {
		return nil
	}
	return []ztcore.Finding{{
		Attribute: "Name", Message: fmt.Sprintf("IAM does not take the name %q", name),
		Fix: fmt.Sprintf("use 1–%d letters, digits and _+=,.@-", longest),
	}}
}

// differOnlyInCase finds names that IAM takes for the same: it keeps their case, and does not tell them apart by it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func differOnlyInCase[S any](name func(S) string) func(*ztcore.Graph, []ztcore.Declared[S]) []ztcore.Finding {
	return func(_ *ztcore.Graph, all []ztcore.Declared[S]) []ztcore.Finding {
		var out []ztcore.Finding
		seen := map[string]string{}
		for _, d := range all {
			n := name(d.Want)
			if first, ok := seen[strings.ToLower(n)]; ok && first != n {
				out = append(out, ztcore.Finding{Resource: d.Address, Attribute: "Name", Message: fmt.Sprintf("%q differs from %q in case only", n, first), Fix: "use another name"})
			}
			seen[strings.ToLower(n)] = n
		}
		return out
	}
}

func checkPath(path string) []ztcore.Finding {
	switch {
	case strings.HasPrefix(path, "/aws-service-role/"):
		return []ztcore.Finding{{Attribute: "Path", Message: "only AWS makes roles under /aws-service-role/", Fix: "use another path"}}
	case !ztcore.HasToken(path) && (!pathRE.MatchString(path) || len(path) > 512 || strings.Contains(path, "//")):
		return []ztcore.Finding{{Attribute: "Path", Message: fmt.Sprintf("%q is no path", path), Fix: "begin and end it with a slash, as in /service/, with at most 512 characters and no two slashes side by side"}}
	}
	return nil
}

func checkBoundary(boundary *id.PolicyARN) []ztcore.Finding {
	if boundary == nil {
		return nil
	}
	return checkPolicyARN("Boundary", *boundary)
}

func checkPolicyARN(attribute string, a id.PolicyARN) []ztcore.Finding {
	if a == "" || ztcore.HasToken(string(a)) || policyARNRE.MatchString(string(a)) {
		return nil
	}
	return []ztcore.Finding{{
		Attribute: attribute, Message: fmt.Sprintf("%q is no ARN of a managed policy", a),
		Fix: "use iam.AWSManaged, Policy.ARN or arn:aws:iam::<account>:policy/<name>",
	}}
}

// Longest description of roles and policies, in characters.
const longestDescription = 1000

func checkDescription(text string) []ztcore.Finding {
	if len([]rune(text)) <= longestDescription {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Description", Message: fmt.Sprintf("it has more than %d characters", longestDescription), Fix: "shorten it"}}
}

// orRoot is the path as IAM answers it.
func orRoot(path string) string {
	if path == "" {
		return rootPath
	}
	return path
}
