"use client";
import { useEffect, useState } from "react";
import { work } from "../work";

export default function Page() {
  const [text, setText] = useState("");
  useEffect(() => {
    work().then(
      (done) => setText(JSON.stringify(done)),
      (error) => setText(String(error)),
    );
  }, []);
  return <output>{text}</output>;
}
