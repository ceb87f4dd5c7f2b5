// What `?` shows: the keys of everything that can be done here.
import Dialog from "../parts/dialog";
import { keyLabels } from "../keys/keys";
import { catalogue } from "../text/catalogue";
import { useAllCommands } from "./commands";

const t = catalogue({ title: "Keys" }, { de: { title: "Tasten" } });

export default function Keys({ onClose }: { onClose: () => void }) {
  const commands = useAllCommands().filter(({ keys }) => keys);
  const groups = [...new Set(commands.map(({ group }) => group))];
  return (
    <Dialog title={t("title")} onClose={onClose} wide>
      <div className="keys-page">
        {groups.map((group) => (
          <section key={group}>
            <h3>{group}</h3>
            {commands
              .filter((command) => command.group === group)
              .map(({ id, name, keys }) => (
                <div key={id}>
                  <span>{name}</span>
                  <span className="nowrap">
                    {keyLabels(keys!).map((key, i) => (
                      <kbd key={i} style={{ marginLeft: 3 }}>
                        {key}
                      </kbd>
                    ))}
                  </span>
                </div>
              ))}
          </section>
        ))}
      </div>
    </Dialog>
  );
}
