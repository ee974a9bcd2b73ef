package segmentation_test

import (
	"context"
	"fmt"

	"github.com/seed-08ecc977/zerotrust/segmentation"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

var shopExample = segmentation.Design{Environments: []segmentation.Environment{{
	Name: "prod", CIDR: "10.20.0.0/16",
	Segments: []segmentation.Segment{{Name: "web", SecurityGroup: "WebServerSG"}, {Name: "app", Uses: []string{"s3"}}, {Name: "db"}},
	Flows: []segmentation.Flow{
		{From: segmentation.Internet, To: "web", Port: 443, Because: "customers"},
		{From: "web", To: "app", Port: 8443},
		{From: "app", To: "db", Port: 5432},
	},
}}}

// The declaration, its table and its proof are one value.
func ExampleDesign() {
	matrix, err := shopExample.Matrix()
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(matrix)
	proof, err := shopExample.Prove()
	if err != nil {
		fmt.Println(err)
	}
	fmt.Println("only what is declared can be reached:", proof.Holds())
	fmt.Println("ways out of the application:", proof.Exits("prod/app"))
	// Output:
	// | from ＼ to | prod/web | prod/app | prod/db | s3 |
	// |---|---|---|---|---|
	// | internet | tcp 443 |  |  |  |
	// | prod/web |  | tcp 8443 |  |  |
	// | prod/app |  |  | tcp 5432 | endpoint |
	// | prod/db |  |  |  |  |
	// only what is declared can be reached: true
	// ways out of the application: [prod/app → s3 tcp 443 (gateway endpoint prod-s3)]
}

func ExampleDesign_Mermaid() {
	diagram, err := shopExample.Mermaid()
	if err != nil {
		fmt.Println(err)
	}
	fmt.Print(diagram)
	// Output:
	// flowchart LR
	//   subgraph env_prod["prod 10.20.0.0/16"]
	//     n1["web 10.20.16.0/20"]
	//     n2["app 10.20.32.0/20"]
	//     n3["db 10.20.48.0/20"]
	//   end
	//   n4(("internet"))
	//   n5[("s3")]
	//   n4 -->|tcp 443| n1
	//   n1 -->|tcp 8443| n2
	//   n2 -->|tcp 5432| n3
	//   n2 -.->|endpoint| n5
}

// Three environments from a name.
func ExamplePreset() {
	ctx := context.Background()
	cloud := fakeaws.New(fakests.Install, fakeec2.Install)
	baseline := ztcore.NewBaseline("shop", segmentation.Preset{Name: "shop"})
	plan, err := baseline.Plan(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := plan.Apply(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	again, err := baseline.Plan(ctx, cloud.Config())
	fmt.Println(report.Count(ztcore.Done), "resources, nothing left:", again.Empty(), err)
	// Output:
	// 66 resources, nothing left: true <nil>
}
