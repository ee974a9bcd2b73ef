package monitoring

import (
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// tagList puts tags into the form of one of the SDK's packages, in a stable order.
func tagList[T any](tags map[string]string, tag func(key, value *string) T) []T {
	var out []T
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, tag(aws.String(k), aws.String(tags[k])))
	}
	return out
}

// tagMap is the reverse.
func tagMap[T any](tags []T, parts func(T) (key, value *string)) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		k, v := parts(t)
		out[aws.ToString(k)] = aws.ToString(v)
	}
	return out
}

// present leaves out what was not found.
func present[S any](found []*S) []S {
	var out []S
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}

const day = 24 * time.Hour

// days is d in days, standard if d is zero, and -1 if d is negative or no whole number of days.
func days(d time.Duration, standard int32) int32 {
	switch {
	case d == 0:
		return standard
	case d < 0 || d%day != 0 || d/day > 1<<30:
		return -1
	}
	return int32(d / day)
}

// parsed is a policy as AWS answers it. A text that can't be parsed becomes a document that equals no wanted one and
// shows the text, so that it is drift and not an error.
func parsed(text string) policy.Document {
	if text == "" {
		return policy.Document{}
	}
	doc, err := policy.Parse(text)
	if err != nil {
		return policy.Document{ID: text}
	}
	return doc
}

// lint finds what AWS would refuse in a policy, and as findings of guardrails whom it opens the resource to.
func lint(doc policy.Document, class policy.Class) []ztcore.Finding {
	var out []ztcore.Finding
	for _, f := range doc.Lint(class) {
		found := ztcore.Finding{Attribute: "Policy", Message: f.Message, Fix: f.Fix}
		if f.Sid != "" {
			found.Attribute += " " + f.Sid
		}
		switch {
		case f.Severity == policy.SeverityError:
			found.Message = f.Code + " " + f.Element + ": " + f.Message
		case f.Code == "PUBLIC_ACCESS" || f.Code == "ALLOW_WITH_NOT_PRINCIPAL":
			found.Guardrail, found.Controls = "monitoring.open-to-anyone", []string{"NIST SP 800-207 tenet 3", "FSBP SNS.4"}
		case f.Code == "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL":
			found.Guardrail, found.Controls = "monitoring.confused-deputy", []string{"NIST SP 800-207 tenet 3"}
		default:
			continue
		}
		out = append(out, found)
	}
	return out
}
