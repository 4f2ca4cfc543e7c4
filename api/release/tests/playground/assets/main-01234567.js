console.log("the playground");
