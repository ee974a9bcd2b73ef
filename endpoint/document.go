package endpoint

import (
	"cmp"
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Document is a document of Systems Manager: a runbook for automations, or with Type a command or a session. The zero value with
// a name and content is private. A change makes a new version, which becomes the default.
type Document struct {
	Name string // 3–128 letters, digits and _-., not beginning with aws, amazon or amzn; unique in account and region
	// Content is JSON, or YAML if it does not begin with a brace. JSON is compared by its meaning and checked as a whole, YAML by
	// its text and from the outside.
	Content string
	Type    string // Automation if empty, Command, Session or Policy; another makes another document
	// TargetType is what a document may run on, as "/AWS::EC2::Instance".
	TargetType string
	// SharedWith are accounts of 12 digits that may use it.
	SharedWith []string
	// PublicBecause shares it with every AWS account, and says why.
	PublicBecause string
	Tags          map[string]string
}

// documentText compares JSON by meaning.
type documentText string

// Equal reports whether two texts say the same.
func (a documentText) Equal(b documentText) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) == nil && json.Unmarshal([]byte(b), &y) == nil {
		return reflect.DeepEqual(x, y)
	}
	return strings.TrimSpace(string(a)) == strings.TrimSpace(string(b))
}

func (a documentText) text() string { return string(a) }

type documentState struct {
	Name       string `zt:"key"`
	Type       string `zt:"immutable"`
	Format     string
	Content    documentText
	TargetType string
	SharedWith []string          `zt:"set"`
	Tags       map[string]string `zt:"tags"`
	ARN        string            `zt:"output"`
}

var documents = &ztcore.Kind[documentState]{
	Name: "endpoint.Document", Permissions: &documentsNeed,
	Read: readDocuments, Create: createDocument, Update: updateDocument, Delete: deleteDocument, Check: checkDocument,
	Predict: func(sc *ztcore.Scope, want *documentState) { want.ARN = documentARN(sc, want.Name) },
	// A version can't become the default while it is being made.
	Retry:    []ztcore.Retry{{Code: "InvalidDocumentOperation"}, {Code: "InvalidDocumentVersion"}},
	Controls: []string{"FSBP SSM.4", "NIST SP 800-207 tenet 3", "NIST SP 800-207 tenet 5", "CISA ZTMM Automation and Orchestration"},
}

var documentsNeed = ztcore.Permissions{
	Read:   []string{"ssm:DescribeDocument", "ssm:DescribeDocumentPermission", "ssm:GetDocument", "ssm:ListDocuments", "ssm:ListTagsForResource"},
	Write:  []string{"ssm:AddTagsToResource", "ssm:CreateDocument", "ssm:ModifyDocumentPermission", "ssm:UpdateDocument", "ssm:UpdateDocumentDefaultVersion"},
	Delete: []string{"ssm:DeleteDocument", "ssm:ModifyDocumentPermission"},
}

// ID is the document's name, known as soon as it exists.
func (d Document) ID() id.Document { return id.Document(documents.Ref(d.Name, "Name")) }

// ARN is the document's ARN. As the target of an EventBridge rule a runbook goes by another one: see AutomationARN.
func (d Document) ARN() id.ARN { return id.ARN(documents.Ref(d.Name, "ARN")) }

// AutomationARN is what EventBridge starts a runbook by, in its default version.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html
func (d Document) AutomationARN() id.ARN {
	return id.ARN("arn:" + ztcore.Partition + ":ssm:" + ztcore.Region + ":" + ztcore.AccountID + ":automation-definition/" + string(d.ID()) + ":$DEFAULT")
}

func documentARN(sc *ztcore.Scope, name string) string {
	return "arn:" + sc.Partition + ":ssm:" + sc.Region + ":" + sc.Account + ":document/" + name
}

// Declare implements ztcore.Resource.
func (d Document) Declare(to *ztcore.Declaration) {
	format := types.DocumentFormatYaml
	if strings.HasPrefix(strings.TrimSpace(d.Content), "{") {
		format = types.DocumentFormatJson
	}
	want := documentState{
		Name: d.Name, Type: cmp.Or(d.Type, string(types.DocumentTypeAutomation)), Format: string(format), Content: documentText(d.Content), TargetType: d.TargetType,
		SharedWith: slices.Clone(nonNil(d.SharedWith)), Tags: d.Tags,
	}
	if d.PublicBecause != "" {
		want.SharedWith = append(want.SharedWith, "all")
	}
	node := documents.Declare(to, d.Name, want)
	if d.PublicBecause != "" {
		node.Except("PublicBecause", d.PublicBecause)
	}
}

func readDocuments(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[documentState]) ([]documentState, error) {
	var names []string
	for _, w := range q.Want {
		names = append(names, w.Name)
	}
	if q.Owned {
		owned, err := ownedDocuments(ctx, sc)
		if err != nil {
			return nil, err
		}
		for _, name := range owned {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	found := make([]*documentState, len(names))
	err := ztcore.Each(ctx, len(names), func(ctx context.Context, i int) (err error) {
		found[i], err = readDocument(ctx, sc, names[i])
		return unlessGone(err)
	})
	return present(found), err
}

func createDocument(ctx context.Context, sc *ztcore.Scope, want documentState) error {
	_, err := ssm.NewFromConfig(sc.Config).CreateDocument(ctx, &ssm.CreateDocumentInput{
		Name: &want.Name, Content: aws.String(want.Content.text()), DocumentType: types.DocumentType(want.Type), DocumentFormat: types.DocumentFormat(want.Format),
		TargetType: unlessEmpty(want.TargetType), Tags: tagList(want.Tags),
	})
	if err != nil {
		return err
	}
	return share(ctx, sc, want.Name, nil, want.SharedWith)
}

func updateDocument(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[documentState]) (err error) {
	if u.Changed("Content", "Format", "TargetType") {
		err = publish(ctx, sc, u.Want)
	}
	if err == nil && u.Changed("SharedWith") {
		err = share(ctx, sc, u.Want.Name, u.Have.SharedWith, u.Want.SharedWith)
	}
	if err == nil && u.Changed("Tags") {
		err = setTags(ctx, sc, types.ResourceTypeForTaggingDocument, u.Want.Name, u.Want.Tags)
	}
	return err
}

// deleteDocument ends sharing first, for AWS deletes nothing that is shared.
func deleteDocument(ctx context.Context, sc *ztcore.Scope, have documentState) error {
	if err := share(ctx, sc, have.Name, have.SharedWith, nil); err != nil {
		return unlessGone(err)
	}
	_, err := ssm.NewFromConfig(sc.Config).DeleteDocument(ctx, &ssm.DeleteDocumentInput{Name: &have.Name})
	return unlessGone(err)
}
